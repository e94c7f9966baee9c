//! The least that a Lambda function can be: it greets whoever calls.

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let greet = async |_: LambdaEvent<String>| Ok::<_, Error>("hello");
    Runtime::new(service_fn(greet)).run().await
}
