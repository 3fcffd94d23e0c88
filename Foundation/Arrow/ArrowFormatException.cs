namespace OrleansFlow.Arrow;

/// <summary>
/// Arrow data from outside (IPC bytes, C Data structures) breaks the format or uses a part of it that is not supported.
/// The message names what is wrong and where. Not retryable: the same bytes fail again.
/// </summary>
public sealed class ArrowFormatException : Exception
{
    /// <summary>Creates the exception with a message that names what is wrong.</summary>
    public ArrowFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the failure that revealed it.</summary>
    public ArrowFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public ArrowFormatException()
        : this("The Arrow data breaks the format.")
    {
    }
}
