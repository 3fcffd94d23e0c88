namespace Orleans.Serialization;

/// <summary>No codec is registered for a type. The message names the type and what to do.</summary>
public sealed class CodecNotFoundException : SerializerException
{
    /// <summary>Creates the exception.</summary>
    public CodecNotFoundException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    public CodecNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and the way out.</param>
    /// <param name="innerException">The cause.</param>
    public CodecNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
