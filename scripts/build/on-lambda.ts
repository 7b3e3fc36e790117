// Left out of the SDK: where it looks for credentials, settings and a Region on other machines than Lambda's.
import { refusal, replaced, type Edit } from "./edits.ts";

export const onLambda: readonly Edit[] = [
  {
    // Lambda gives a function its credentials in its environment. The default chain looks there first too, but brings along profiles,
    // single sign-on, STS, instance metadata and their clients.
    file: "@aws-sdk/credential-provider-node/dist-es/index.js",
    digest: "a952aa83f0c61f1c",
    text: () => `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
  },
  {
    // Settings in ~/.aws/config and ~/.aws/credentials: a function has no such files. The environment and the defaults are left.
    file: "@smithy/core/dist-es/submodules/config/node-config-provider/configLoader.js",
    digest: "52d078dae8acaf82",
    text: (source) => replaced(source, "fromSharedConfigFiles(configFileSelector, configuration), ", "fromStatic(defaultValue)", ""),
  },
  {
    // The Region from EC2's instance metadata. Lambda sets AWS_REGION; without it the SDK says that the Region is missing.
    file: "@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js",
    digest: "da6d439b0eb4d93a",
    text: () => "export const getInstanceMetadataRegion = async () => undefined;",
  },
  {
    // What of a client's settings are usual for the place where it runs. They are asked for where retries or time-outs are not given,
    // and lib/aws/clients.ts gives both.
    file: "@smithy/core/dist-es/submodules/config/defaults-mode/resolveDefaultsModeConfig.js",
    digest: "9be007b29bf82fc4",
    text: () => `export const resolveDefaultsModeConfig = () => async () => { ${refusal("leave retries or time-outs to the SDK")} };`,
  },
  {
    // The warning that Node is too old for the SDK to come. Which Node it is stands in serverless.yml.
    file: "@aws-sdk/core/dist-es/submodules/client/emitWarningIfUnsupportedVersion.js",
    digest: "f99efb83b24696c9",
    text: () => "export const state = { warningEmitted: true };\nexport const emitWarningIfUnsupportedVersion = () => {};",
  },
  {
    // What belongs to one of several invocations that a process has in work at once, as on instances of one's own. On Lambda it has one,
    // and the trace's header stands in the environment.
    file: "@aws/lambda-invoke-store/dist-es/invoke-store.js",
    digest: "526b850ed7866fa6",
    text: () => "export const InvokeStore = { getInstanceAsync: async () => undefined };",
  },
  {
    // Of its own package.json, a client needs the version alone.
    file: "@aws-sdk/client-*/package.json",
    json: true,
    text: (published, path) => {
      const { version } = JSON.parse(published) as { version?: unknown };
      if (typeof version !== "string") throw new Error(`${path} has no version.`);
      return JSON.stringify({ version });
    },
  },
];
