// The Slack app that Drawbridge needs: what it may do, and where Slack sends what people press.
// https://docs.slack.dev/reference/app-manifest

const nameCharactersMax = 35;

export function slackManifest(publicUrl: URL, name = "Drawbridge"): object {
  const called = name.slice(0, nameCharactersMax);
  return {
    _metadata: { major_version: 1, minor_version: 1 },
    display_information: {
      name: called,
      description: "Asks who may connect to our AWS PrivateLink services",
      long_description:
        "When an account that is not on the allow-list asks to connect to one of our AWS PrivateLink services, Drawbridge asks approvers here. Approve or Reject in the message decides, with your name in the audit log. Only configured approvers can decide; every copy of a question shows how it ended.",
      background_color: "#1f2937",
    },
    features: {
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: called, always_online: true },
    },
    // chat:write posts where the app is invited; im:write opens the conversation with an approver who is asked directly.
    oauth_config: { scopes: { bot: ["chat:write", "im:write"] } },
    settings: {
      interactivity: { is_enabled: true, request_url: new URL("/slack/interactions", publicUrl).href },
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: false,
    },
  };
}
