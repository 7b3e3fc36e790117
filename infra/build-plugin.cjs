// Lets a plain `serverless package` or `serverless deploy` build the functions first, as `npm run package` does.
// CommonJS and a constructor, because that is how the framework loads its plugins.
"use strict";

module.exports = function BuildPlugin() {
  this.hooks = {
    "before:package:createDeploymentArtifacts": async () => {
      const { build } = await import("../scripts/build.ts");
      await build();
    },
  };
};
