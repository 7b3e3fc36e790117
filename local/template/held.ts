// Resources that local AWS keeps and names, and that do nothing here: alarms, dashboards.
import { optionalText, record, text } from "../members.ts";
import type { Declared, Made, Maker, Makers, Workshop } from "./workshop.ts";

export const HELD: Makers = {
  "AWS::Glue::Database": held((declared) => ({ ref: text(record(declared.properties, "DatabaseInput"), "Name") })),
  "AWS::Glue::Table": held((declared) => ({ ref: declared.logicalId })),
  "AWS::Athena::WorkGroup": held((declared) => ({ ref: text(declared.properties, "Name") })),
  "AWS::Athena::NamedQuery": held((declared, workshop) => ({ ref: workshop.physicalName(declared.logicalId) })),
  "AWS::Logs::MetricFilter": held((declared, workshop) => ({ ref: workshop.physicalName(declared.logicalId) })),
  "AWS::CloudWatch::Alarm": held((declared, workshop) => alarm(declared, workshop)),
  "AWS::CloudWatch::CompositeAlarm": held((declared, workshop) => alarm(declared, workshop)),
  "AWS::CloudWatch::Dashboard": held((declared, workshop) => {
    // AWS refuses a dashboard whose body is not JSON.
    JSON.parse(text(declared.properties, "DashboardBody"));
    return { ref: optionalText(declared.properties, "DashboardName") ?? workshop.physicalName(declared.logicalId, 255) };
  }),
  "AWS::S3::BucketPolicy": held((declared) => ({ ref: text(declared.properties, "Bucket") })),
  "AWS::Logs::QueryDefinition": held((declared, workshop) => ({ ref: workshop.physicalName(declared.logicalId) })),
};

function held(make: (declared: Declared, workshop: Workshop) => Made): Maker {
  const keep = (declared: Declared, workshop: Workshop, made: Made): Made => {
    const drop = workshop.keep(declared);
    return {
      ...made,
      remove: drop,
      change(next) {
        drop();
        return keep(next, workshop, made);
      },
    };
  };
  return (declared, workshop) => keep(declared, workshop, make(declared, workshop));
}

function alarm(declared: Declared, workshop: Workshop): Made {
  const name = optionalText(declared.properties, "AlarmName") ?? workshop.physicalName(declared.logicalId, 255);
  return { ref: name, attributes: { Arn: `${arn(workshop, "cloudwatch")}:alarm:${name}` } };
}

function arn(workshop: Workshop, service: string): string {
  return `arn:aws:${service}:${workshop.stack.region}:${workshop.stack.account}`;
}
