namespace Orleans.Serialization;

/// <summary>A value could not be copied, written or read: also every error in bytes from outside.</summary>
public class SerializerException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SerializerException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    public SerializerException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    /// <param name="innerException">The cause.</param>
    public SerializerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
