//! The services of functions that need more than one adapter.

use custodian_app::Failure;
use custodian_app::ports::{Mail, Mailer, Scheduler};
use custodian_cascade::{CascadeQueue, CascadeTask, RemoveFiles};
use custodian_domain::CustomerId;
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_event_sources::Redelivery;
use custodian_exports::{CompleteOutcome, ExportFile, ExportFiles, ExportQueue, ExportTask};
use custodian_store::Store;

use crate::aws::AwsConfig;
use crate::from_env::FromEnv;
use crate::s3::S3ExportFiles;
use crate::scheduler::EventBridgeScheduler;
use crate::ses::SesMailer;
use crate::sqs::{SqsCascadeQueue, SqsExportQueue};

/// The services of `reconcile`.
pub struct ReconcileServices {
    release: ReleaseServices,
    mailer: SesMailer,
    files: S3ExportFiles,
}

impl FromEnv for ReconcileServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            release: ReleaseServices::from_env(aws, store).await?,
            mailer: SesMailer::from_env(aws, store).await?,
            files: S3ExportFiles::from_env(aws, store).await?,
        })
    }
}

impl Scheduler for ReconcileServices {
    async fn schedule(&self, scheduled: &ScheduledJob) -> Result<(), Failure> {
        self.release.schedule(scheduled).await
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        self.release.cancel(job).await
    }
}

impl CascadeQueue for ReconcileServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        self.release.enqueue_tasks(tasks).await
    }
}

impl Mailer for ReconcileServices {
    async fn send_mail(&self, mail: &Mail, account: Option<CustomerId>) -> Result<(), Failure> {
        self.mailer.send_mail(mail, account).await
    }
}

impl RemoveFiles for ReconcileServices {
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        self.files.remove_files(customer).await
    }
}

/// The services of `customers-hold-release` and `platform-restore`.
pub struct ReleaseServices {
    scheduler: EventBridgeScheduler,
    queue: SqsCascadeQueue,
}

impl FromEnv for ReleaseServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            scheduler: EventBridgeScheduler::from_env(aws, store).await?,
            queue: SqsCascadeQueue::from_env(aws, store).await?,
        })
    }
}

impl Scheduler for ReleaseServices {
    async fn schedule(&self, scheduled: &ScheduledJob) -> Result<(), Failure> {
        self.scheduler.schedule(scheduled).await
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        self.scheduler.cancel(job).await
    }
}

impl CascadeQueue for ReleaseServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        self.queue.enqueue_tasks(tasks).await
    }
}

/// The services of `requests`.
pub struct RequestServices {
    scheduler: EventBridgeScheduler,
    mailer: SesMailer,
}

impl FromEnv for RequestServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            scheduler: EventBridgeScheduler::from_env(aws, store).await?,
            mailer: SesMailer::from_env(aws, store).await?,
        })
    }
}

impl Scheduler for RequestServices {
    async fn schedule(&self, scheduled: &ScheduledJob) -> Result<(), Failure> {
        self.scheduler.schedule(scheduled).await
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        self.scheduler.cancel(job).await
    }
}

impl Mailer for RequestServices {
    async fn send_mail(&self, mail: &Mail, account: Option<CustomerId>) -> Result<(), Failure> {
        self.mailer.send_mail(mail, account).await
    }
}

/// The services of `mail`.
pub struct MailServices {
    mailer: SesMailer,
    queue: SqsCascadeQueue,
}

impl FromEnv for MailServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            mailer: SesMailer::from_env(aws, store).await?,
            queue: SqsCascadeQueue::from_env(aws, store).await?,
        })
    }
}

impl Mailer for MailServices {
    async fn send_mail(&self, mail: &Mail, account: Option<CustomerId>) -> Result<(), Failure> {
        self.mailer.send_mail(mail, account).await
    }
}

impl CascadeQueue for MailServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        self.queue.enqueue_tasks(tasks).await
    }
}

/// The services of `cascade-worker`.
pub struct CascadeWorkerServices {
    queue: SqsCascadeQueue,
    files: S3ExportFiles,
}

impl FromEnv for CascadeWorkerServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            queue: SqsCascadeQueue::from_env(aws, store).await?,
            files: S3ExportFiles::from_env(aws, store).await?,
        })
    }
}

impl CascadeWorkerServices {
    /// Makes failed messages visible again.
    pub(crate) async fn redeliver(&self, messages: &[Redelivery]) -> Result<(), Failure> {
        self.queue.redeliver(messages).await
    }
}

impl CascadeQueue for CascadeWorkerServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        self.queue.enqueue_tasks(tasks).await
    }
}

impl RemoveFiles for CascadeWorkerServices {
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        self.files.remove_files(customer).await
    }
}

/// The services of `export-worker`.
pub struct ExportWorkerServices {
    queue: SqsExportQueue,
    files: S3ExportFiles,
    mailer: SesMailer,
}

impl FromEnv for ExportWorkerServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            queue: SqsExportQueue::from_env(aws, store).await?,
            files: S3ExportFiles::from_env(aws, store).await?,
            mailer: SesMailer::from_env(aws, store).await?,
        })
    }
}

impl ExportQueue for ExportWorkerServices {
    async fn enqueue_export(&self, task: &ExportTask) -> Result<(), Failure> {
        self.queue.enqueue_export(task).await
    }
}

impl Mailer for ExportWorkerServices {
    async fn send_mail(&self, mail: &Mail, account: Option<CustomerId>) -> Result<(), Failure> {
        self.mailer.send_mail(mail, account).await
    }
}

impl ExportFiles for ExportWorkerServices {
    async fn create_upload(&self, file: ExportFile) -> Result<String, Failure> {
        self.files.create_upload(file).await
    }

    async fn upload_part(
        &self,
        file: ExportFile,
        upload: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        self.files.upload_part(file, upload, number, bytes).await
    }

    async fn complete_upload(
        &self,
        file: ExportFile,
        upload: &str,
        parts: &[String],
    ) -> Result<CompleteOutcome, Failure> {
        self.files.complete_upload(file, upload, parts).await
    }

    async fn abort_upload_and_delete_file(
        &self,
        file: ExportFile,
        upload: Option<&str>,
    ) -> Result<(), Failure> {
        self.files.abort_upload_and_delete_file(file, upload).await
    }
}
