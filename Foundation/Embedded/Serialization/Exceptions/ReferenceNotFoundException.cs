namespace Orleans.Serialization;

/// <summary>Bytes refer to an object that does not come before the reference.</summary>
public sealed class ReferenceNotFoundException : SerializerException
{
    /// <summary>Creates the exception.</summary>
    public ReferenceNotFoundException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    public ReferenceNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    /// <param name="innerException">The cause.</param>
    public ReferenceNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
