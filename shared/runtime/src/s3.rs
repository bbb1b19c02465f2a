//! The bucket of export files on S3.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use custodian_app::Failure;
use custodian_cascade::RemoveFiles;
use custodian_domain::{CustomerId, Timestamp};
use custodian_exports::{CompleteOutcome, ExportFile, ExportFiles, ExportLinks};
use custodian_store::{Store, aws_failure};

use crate::aws::AwsConfig;
use crate::config::required;
use crate::from_env::FromEnv;

const STORAGE: &str = "the export files";

pub struct S3ExportFiles {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl FromEnv for S3ExportFiles {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        // Only an emulator has a configured endpoint. It has no host name for each bucket.
        let config = aws_sdk_s3::config::Builder::from(&aws.sdk)
            .force_path_style(aws.sdk.endpoint_url().is_some())
            .build();
        Ok(Self { client: aws_sdk_s3::Client::from_conf(config), bucket: required("EXPORT_BUCKET")? })
    }
}

/// The adapter of the function that links to files.
pub type S3ExportLinks = S3ExportFiles;

impl S3ExportFiles {
    /// Aborts an upload. Succeeds if it does not exist.
    async fn abort(&self, key: &str, upload: &str) -> Result<(), Failure> {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(upload);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            Err(error) => Err(aws_failure(STORAGE, &error)),
        }
    }

    /// Deletes a file. S3 also succeeds if it does not exist.
    async fn delete(&self, key: &str) -> Result<(), Failure> {
        let response = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        response.map(|_| ()).map_err(|error| aws_failure(STORAGE, &error))
    }

    /// Aborts every upload whose key begins with `prefix`. An account has few unfinished uploads, so one page lists all of them.
    async fn abort_all(&self, prefix: &str) -> Result<(), Failure> {
        let uploads = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(prefix).send().await;
        for upload in uploads.map_err(|error| aws_failure(STORAGE, &error))?.uploads() {
            if let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) {
                self.abort(key, id).await?;
            }
        }
        Ok(())
    }

    async fn exists(&self, key: &str) -> Result<bool, Failure> {
        let listed = self.client.list_objects_v2().bucket(&self.bucket).prefix(key).max_keys(1).send().await;
        let listed = listed.map_err(|error| aws_failure(STORAGE, &error))?;
        Ok(listed.contents().iter().any(|object| object.key() == Some(key)))
    }
}

impl ExportFiles for S3ExportFiles {
    async fn create_upload(&self, file: ExportFile) -> Result<String, Failure> {
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(file.key());
        let response = request.content_type("application/gzip").send().await;
        let upload = response.map_err(|error| aws_failure(STORAGE, &error))?.upload_id;
        upload.ok_or_else(|| Failure::unavailable(STORAGE, "the upload has no id"))
    }

    async fn upload_part(
        &self,
        file: ExportFile,
        upload: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        let number = i32::try_from(number).map_err(|cause| Failure::unavailable(STORAGE, cause))?;
        let request = self.client.upload_part().bucket(&self.bucket).key(file.key()).upload_id(upload);
        let response = request.part_number(number).body(ByteStream::from(bytes)).send().await;
        let etag = response.map_err(|error| aws_failure(STORAGE, &error))?.e_tag;
        etag.ok_or_else(|| Failure::unavailable(STORAGE, "the part has no entity tag"))
    }

    async fn complete_upload(
        &self,
        file: ExportFile,
        upload: &str,
        parts: &[String],
    ) -> Result<CompleteOutcome, Failure> {
        let parts = (1..)
            .zip(parts)
            .map(|(number, etag)| CompletedPart::builder().part_number(number).e_tag(etag).build());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(file.key());
        match request.upload_id(upload).multipart_upload(parts).send().await {
            Ok(_) => Ok(CompleteOutcome::Done),
            // An earlier attempt whose response was lost may have completed the upload.
            Err(error) if error.code() == Some("NoSuchUpload") => {
                Ok(match self.exists(&file.key()).await? {
                    true => CompleteOutcome::Done,
                    false => CompleteOutcome::UploadLost,
                })
            }
            Err(error) if error.code() == Some("InvalidPart") => Ok(CompleteOutcome::UploadLost),
            Err(error) => Err(aws_failure(STORAGE, &error)),
        }
    }

    async fn abort_upload_and_delete_file(
        &self,
        file: ExportFile,
        upload: Option<&str>,
    ) -> Result<(), Failure> {
        let key = file.key();
        match upload {
            Some(upload) => self.abort(&key, upload).await?,
            None => self.abort_all(&key).await?,
        }
        self.delete(&key).await
    }
}

impl RemoveFiles for S3ExportFiles {
    /// Uploads first: completing one that is being aborted fails, and a file that was completed before is deleted next.
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        let prefix = ExportFile::prefix(customer);
        self.abort_all(&prefix).await?;
        // An account starts a few exports a day, and a file lives for eight days. So one page has all of them.
        let files = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix).send().await;
        for file in files.map_err(|error| aws_failure(STORAGE, &error))?.contents() {
            if let Some(key) = file.key() {
                self.delete(key).await?;
            }
        }
        Ok(())
    }
}

impl ExportLinks for S3ExportFiles {
    async fn presign_download(
        &self,
        file: ExportFile,
        lifetime: Duration,
        _: Timestamp,
    ) -> Result<String, Failure> {
        let failed = |cause: String| Failure::unavailable(STORAGE, cause);
        let config = PresigningConfig::expires_in(lifetime).map_err(|cause| failed(cause.to_string()))?;
        let request = self.client.get_object().bucket(&self.bucket).key(file.key());
        let request = request
            .response_cache_control("no-store")
            .response_content_disposition(format!("attachment; filename=\"{}\"", file.name()));
        let signed = request.presigned(config).await;
        signed.map(|request| request.uri().to_owned()).map_err(|error| aws_failure(STORAGE, &error))
    }
}
