//! The permissions and the environment variables of each port of the services. All but `TokenSigner`, which reads a table, lead to
//! a service other than DynamoDB.

use custodian_store::schema::SIGNING_KEYS;

use crate::grant::Target::{Jobs, Queues, Yaml};
use crate::grant::{Grant, Use, grant, table};
use crate::ports::ports;

const CANCEL: &[&str] = &["scheduler:DeleteSchedule"];
const SCHEDULE: &[&str] = &["scheduler:CreateSchedule"];
/// The purge job and the reminders of a freeze.
const FREEZE_JOBS: &[&str] = &["purge-*", "remind-*"];
const SEND: &[&str] = &["sqs:SendMessage"];
/// Queues that are encrypted with the tables' key, as their dead-letter queues are. Messages in other queues contain nothing
/// personal, so SQS's own key suffices.
pub(crate) const ENCRYPTED_QUEUES: &[&str] = &["RequestQueue"];

/// The Scheduler assumes this role to invoke the target of a job.
const PASS_SCHEDULE_ROLE: Grant = grant(&["iam:PassRole"], Yaml(&["!GetAtt ScheduleRole.Arn"]))
    .condition("{StringEquals: {iam:PassedToService: scheduler.amazonaws.com}}");

const EXPORT_BUCKET: &str = "!GetAtt Exports.Arn";
const EXPORT_FILES: &str = r#"!Sub "${Exports.Arn}/exports/*""#;

pub(crate) const fn data_key(actions: &'static [&'static str], via: &'static str) -> Grant {
    grant(actions, Yaml(&["!GetAtt DataKey.Arn"])).condition(via)
}

pub(crate) const VIA_SQS: &str =
    r#"{StringEquals: {kms:ViaService: !Sub "sqs.${AWS::Region}.amazonaws.com"}}"#;
pub(crate) const VIA_S3: &str = r#"{StringEquals: {kms:ViaService: !Sub "s3.${AWS::Region}.amazonaws.com"}}"#;

ports! {
    custodian_app::ports::TokenSigner => [table(&["dynamodb:GetItem"], SIGNING_KEYS)];

    // The name of a job begins with its change: expire, purge or remind. All functions have the port's variables: see base/head.yaml.
    custodian_app::ports::Scheduler => [
        // The function deletes accounts of any status, so the account may have jobs of any type.
        grant(CANCEL, Jobs(&["*"])).only_for(&[Use::Delete]),
        grant(SCHEDULE, Jobs(&["expire-*"])).only_for(&[Use::OpenAccount]),
        grant(CANCEL, Jobs(&["expire-*"])).only_for(&[Use::Verify, Use::Expire]),
        grant(&["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], Jobs(FREEZE_JOBS)).only_for(&[Use::Freeze]),
        grant(CANCEL, Jobs(FREEZE_JOBS)).only_for(&[Use::Recover, Use::Purge]),
        grant(&["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], Jobs(&["*"])).only_for(&[Use::Restore]),
        PASS_SCHEDULE_ROLE.only_for(&[Use::OpenAccount, Use::Freeze, Use::Restore]),
    ];

    custodian_app::ports::RequestQueue => [
        grant(SEND, Queues(&["RequestQueue"])),
        data_key(&["kms:Decrypt", "kms:GenerateDataKey"], VIA_SQS),
    ] { "REQUEST_QUEUE_URL": "!Ref RequestQueue" };

    custodian_cascade::CascadeQueue => [
        grant(SEND, Queues(&["CascadeQueue"])),
        grant(&["sqs:ChangeMessageVisibility"], Queues(&["CascadeQueue"])).only_for(&[Use::RedeliverSoon]),
    ] { "CASCADE_QUEUE_URL": "!Ref CascadeQueue" };

    custodian_exports::ExportQueue => [grant(SEND, Queues(&["ExportQueue"]))] { "EXPORT_QUEUE_URL": "!Ref ExportQueue" };

    // S3 requires kms:Decrypt to join the parts of an upload.
    custodian_exports::ExportFiles => [
        grant(&["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"], Yaml(&[EXPORT_FILES])),
        grant(&["s3:ListBucket", "s3:ListBucketMultipartUploads"], Yaml(&[EXPORT_BUCKET])),
        data_key(&["kms:Decrypt", "kms:GenerateDataKey"], VIA_S3),
    ] { "EXPORT_BUCKET": "!Ref Exports" };
    custodian_exports::ExportLinks => [
        grant(&["s3:GetObject"], Yaml(&[EXPORT_FILES])),
        data_key(&["kms:Decrypt"], VIA_S3),
    ] { "EXPORT_BUCKET": "!Ref Exports" };
    custodian_cascade::RemoveFiles => [
        grant(&["s3:AbortMultipartUpload", "s3:DeleteObject"], Yaml(&[EXPORT_FILES])),
        grant(&["s3:ListBucket", "s3:ListBucketMultipartUploads"], Yaml(&[EXPORT_BUCKET])),
    ] { "EXPORT_BUCKET": "!Ref Exports" };

    custodian_events::EventBus => [grant(&["events:PutEvents"], Yaml(&["!GetAtt EventBus.Arn"]))] { "EVENT_BUS": "!Ref EventBus" };

    custodian_webhooks::DeliveryQueue => [grant(SEND, Queues(&["WebhookQueue"]))] { "WEBHOOK_QUEUE_URL": "!Ref WebhookQueue" };

    // Only webhook-deliver has this port. The grants are for its `DeliveryQueue`, which needs more than that of other functions.
    // Attempts at slow destinations have their own queue. SQS delays a message for at most 15 minutes, so a scheduled job
    // enqueues an attempt that is due later. A webhook to the API itself is refused.
    custodian_webhooks::WebhookSender => [
        grant(SEND, Queues(&["WebhookQueue", "WebhookSlowQueue"])),
        grant(SCHEDULE, Jobs(&["webhook-*"])),
        PASS_SCHEDULE_ROLE,
    ] { "WEBHOOK_QUEUE_ARN": "!GetAtt WebhookQueue.Arn", "WEBHOOK_SLOW_QUEUE_URL": "!Ref WebhookSlowQueue",
        "API_ID": "!Ref Api",
        "WEBHOOK_ATTEMPTS_PER_HOUR": "!Ref WebhookAttemptsPerHour",
        "WEBHOOK_MEBIBYTES_PER_HOUR": "!Ref WebhookMebibytesPerHour",
        "DESTINATION_ATTEMPTS_PER_MINUTE": "!Ref DestinationAttemptsPerMinute",
        "DESTINATION_MEBIBYTES_PER_MINUTE": "!Ref DestinationMebibytesPerMinute",
    };

    // An identity may have a default configuration set. SES then requires permission to send with that set, too.
    custodian_app::ports::Mailer => [
        grant(&["ses:SendEmail"], Yaml(&[
            r#"!Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*""#,
            r#"!Sub "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/*""#,
        ])).condition("{StringEquals: {ses:FromAddress: !Ref MailSender}}"),
    ] {
        "MAIL_SENDER": "!Ref MailSender",
        "BASE_URL": r#"!If [HasBaseUrl, !Ref BaseUrl, !Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"]"#,
    };
}
