namespace Orleans.Serialization;

/// <summary>Stands for an exception whose type is not known in this process.</summary>
public sealed class UnavailableExceptionFallbackException : Exception
{
    /// <summary>Creates the exception.</summary>
    public UnavailableExceptionFallbackException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">The message of the original.</param>
    public UnavailableExceptionFallbackException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">The message of the original.</param>
    /// <param name="innerException">The cause.</param>
    public UnavailableExceptionFallbackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The name of the original's type as it stands on the wire.</summary>
    public string ExceptionType { get; internal set; } = string.Empty;

    /// <inheritdoc/>
    public override string ToString() =>
        $"Unknown exception of type {ExceptionType}: {base.ToString()}";
}
