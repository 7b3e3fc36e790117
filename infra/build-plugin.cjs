// Lets a plain `serverless package` or `serverless deploy` build the functions first, as `npm run package` does; and keeps the latter
// from a deployment that has its configuration in drawbridge.config.yml, in whose place it would put the empty values of serverless.yml.
// CommonJS and a constructor, because that is how the framework loads its plugins.
"use strict";

const { existsSync } = require("node:fs");
const { join } = require("node:path");

const configuration = "drawbridge.config.yml";

module.exports = function BuildPlugin({ serviceDir, classes }) {
  this.hooks = {
    "before:package:createDeploymentArtifacts": async () => {
      const { build } = await import("../scripts/build.ts");
      await build();
    },
    "before:deploy:deploy": () => {
      if (!existsSync(join(serviceDir, configuration))) return;
      throw new classes.Error(`${configuration} is there, and serverless deploy does not read it: deploy with npm run deploy`);
    },
  };
};
