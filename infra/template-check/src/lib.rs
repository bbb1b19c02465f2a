//! Nothing but its test, which compares `template.yaml` with the code that it deploys. What can be said of the template
//! without the code is checked by `check.sh`.
