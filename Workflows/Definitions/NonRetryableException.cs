namespace OrleansFlow.Workflows.Definitions;

/// <summary>Thrown by a node whose next attempt could only fail as well: there is none, whatever the retry policy says; a fallback applies at once.</summary>
public class NonRetryableException : Exception
{
    /// <summary>A failure that is final.</summary>
    public NonRetryableException()
    {
    }

    /// <summary>A failure that is final.</summary>
    /// <param name="message">Why.</param>
    public NonRetryableException(string message)
        : base(message)
    {
    }

    /// <summary>A failure that is final.</summary>
    /// <param name="message">Why.</param>
    /// <param name="innerException">What caused it; its kind becomes the failure's code.</param>
    public NonRetryableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
