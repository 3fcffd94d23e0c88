using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Errors;

/// <summary>Says what an exception that reached the gateway means in the project's own codes.</summary>
internal static class FlowFailures
{
    /// <summary>The failure, with its code; what nobody foresaw is <c>unexpected_error</c>.</summary>
    public static FlowException Translate(Exception exception) => exception switch
    {
        FlowException flow => flow,
        AggregateException { InnerExceptions: [var only] } => Translate(only),
        TimeoutException => new FlowException(
            FlowErrorCode.DeadlineExceeded, "The silo did not answer in time; whether the call took effect is not known. Try again.", exception),
        OperationCanceledException => new FlowException(FlowErrorCode.Cancelled, "The call was given up.", exception),
        EnumerationAbortedException => new FlowException(
            FlowErrorCode.StoreUnavailable, "The grain that was read from has moved or restarted. Try again.", exception),
        _ => new FlowException(FlowErrorCode.UnexpectedError, "The silo failed in a way that nobody foresaw; its log says how.", exception),
    };
}
