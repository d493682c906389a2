//! An object that an event names: it is fetched, its rows are carried out, and then it is done with as its route says
//! (surface.md §15.1, §15.3).

use super::content::Said;
use super::run::{Kept, Run, told};
use super::{RecordStatus, TimeBudget, spool};
use crate::door::DoorError;
use crate::event::route::{After, Route};
use crate::event::{Content, ContentForm, EventSource, ObjectRef, Origin};
use crate::object_storage::{Bucket, Cloud, Fetched, ObjectError, ObjectStorage, ObjectUrl, Written};

/// What a delivery is told that stands in an object and names another one.
const NESTED: (&str, &str) = ("event-object-nested", "failed to take an event that stands in an object: it names another object; send it as an event");
/// What the names of result documents end with.
const RESULT: &str = ".result.json";

/// An object that was found.
struct Found {
    fetched: Fetched,
    bucket: Bucket,
    /// Its key, in the reading in which it was found.
    key: String,
}

impl Run<'_> {
    /// Carries out the rows of an object.
    pub(super) async fn object(&mut self, number: u64, mut origin: Origin, object: &ObjectRef) {
        // What becomes of this object is told apart from what came before it.
        self.drain().await;
        if let Some(reason) = self.held_back(&origin) {
            return self.not_done(number, &origin, None, reason);
        }
        if self.in_object {
            return self.bad(kept(number, origin, object), (NESTED.0, NESTED.1.to_owned())).await;
        }
        let before = std::mem::take(&mut self.report);
        self.in_object = true;
        self.fetched(number, &mut origin, object).await;
        self.in_object = false;
        let of_object = std::mem::replace(&mut self.report, before);
        self.report.merge(of_object);
    }

    /// Fetches it and does everything; the report is of this object alone.
    async fn fetched(&mut self, number: u64, origin: &mut Origin, object: &ObjectRef) {
        let route = self.door.routes.find(origin).map(|(_, route)| route.clone());
        let after = route.as_ref().map_or(After::Keep, |route| route.after.clone());
        if let After::Move(prefix) = &after
            && object.key.starts_with(&moved_below(prefix))
        {
            return self.report.add(told(number, origin, RecordStatus::Ignored, None), false);
        }
        let found = match self.in_time(find(&self.door.objects, origin, object)).await {
            Some(Ok(found)) => found,
            // It came again after it was done and taken away.
            Some(Err(ObjectError::NotFound { .. })) if after != After::Keep => {
                return self.report.add(told(number, origin, RecordStatus::Skipped, None), false);
            }
            Some(Err(error)) => return self.failed(kept(number, origin.clone(), object), &DoorError::Object(error)).await,
            None => return self.not_done(number, origin, None, TimeBudget::over()),
        };
        for (name, value) in &found.fetched.metadata {
            origin.attributes.add(name, value.as_str());
        }
        let said = Said::of(&found.key, found.fetched.content_type.as_deref(), route.as_ref());
        let (bucket, key) = (found.bucket, found.key);
        match self.in_time(spool::of_object(found.fetched, self.door.bounds, &said.csv)).await {
            Some(Ok(input)) => self.rows(number, origin, input, &said).await,
            Some(Err(error)) => self.failed(kept(number, origin.clone(), object), &error).await,
            None => self.not_done(number, origin, None, TimeBudget::over()),
        }
        self.drain().await;
        if self.report.is_failed() {
            return;
        }
        let Some(route) = route else { return };
        let done = self.done_with(&route, &bucket, &key).await;
        if let Err(error) = done {
            // The rows are kept: what is left to be done is done when the event comes again.
            self.failed(kept(number, origin.clone(), object), &DoorError::Object(error)).await;
        }
    }

    /// Writes the result document and takes the object away, where its route says so.
    async fn done_with(&self, route: &Route, bucket: &Bucket, key: &str) -> Result<(), ObjectError> {
        let objects = &self.door.objects;
        if let Some(url) = &route.result {
            let mut place = ObjectUrl::parse(url, objects.default_bucket())?;
            if place.bucket.name == bucket.name {
                place.bucket.region.clone_from(&bucket.region);
            }
            let written = Written { content_type: Some("application/json".to_owned()), ..Written::default() };
            let document = self.report.document().to_string().into_bytes();
            objects.put(&place.bucket, &place.key(&format!("{key}{RESULT}")), document, &written).await?;
        }
        if self.report.counts.bad > 0 {
            // What is rejected is looked at by somebody, with the object beside it.
            return Ok(());
        }
        match &route.after {
            After::Keep => Ok(()),
            After::Delete => objects.delete(bucket, key).await,
            After::Move(prefix) => {
                objects.copy(bucket, key, &format!("{}{key}", moved_below(prefix))).await?;
                objects.delete(bucket, key).await
            }
        }
    }

    /// Waits for something as long as there is time; `None` when it is over.
    async fn in_time<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        match self.budget.left() {
            None => Some(doing.await),
            Some(left) => tokio::time::timeout(left, doing).await.ok(),
        }
    }
}

/// What the keys of objects begin with that were moved below a prefix.
fn moved_below(prefix: &str) -> String {
    format!("{}/", prefix.trim_matches('/'))
}

/// Finds an object, in one reading of its key or the other.
async fn find(objects: &ObjectStorage, origin: &Origin, object: &ObjectRef) -> Result<Found, ObjectError> {
    let own = match origin.source {
        EventSource::Oss => Cloud::Alibaba,
        EventSource::EventGrid | EventSource::AzureBlob | EventSource::AzureQueue => Cloud::Azure,
        _ => Cloud::Aws,
    };
    let bucket = Bucket { region: object.region.clone(), account: object.account.clone(), ..Bucket::new(objects.cloud_of(own), object.bucket.as_str()) };
    let version = object.version.as_deref();
    let got = objects.get(&bucket, &object.key, version).await;
    let (fetched, key) = match (got, &object.other_key) {
        (Err(ObjectError::NotFound { .. } | ObjectError::Invalid { .. }), Some(other)) => (objects.get(&bucket, other, version).await?, other.clone()),
        (got, _) => (got?, object.key.clone()),
    };
    Ok(Found { fetched, bucket, key })
}

/// What is kept of an object that can not be read: where it lies, so that it can be tried again.
fn kept(number: u64, origin: Origin, object: &ObjectRef) -> Kept {
    let content = Content { form: ContentForm::Object, bytes: object.document().to_string().into_bytes() };
    Kept { number, origin, trace_id: None, tenant_id: None, content }
}
