namespace Orleans.Serialization;

/// <summary>Bytes name a type that is not registered, or that does not fit where it stands.</summary>
public sealed class IllegalTypeException : SerializerException
{
    /// <summary>Creates the exception.</summary>
    public IllegalTypeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    public IllegalTypeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    /// <param name="innerException">The cause.</param>
    public IllegalTypeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
