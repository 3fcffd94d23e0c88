namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>A request or connection failed in a way that may pass.</summary>
/// <param name="message">What happened; begins in lower case.</param>
/// <param name="retryAfter">When the other end wants to be asked again; null when it does not say.</param>
/// <param name="cause">The cause, where there is one.</param>
internal sealed class WebFailureException(string message, TimeSpan? retryAfter = null, Exception? cause = null) : Exception(message, cause)
{
    public TimeSpan? RetryAfter => retryAfter;
}
