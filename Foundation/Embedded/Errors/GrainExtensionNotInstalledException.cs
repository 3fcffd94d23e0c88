namespace Orleans.Runtime;

/// <summary>An extension was called that the grain does not have. Attach it, or register it with <c>AddGrainExtension</c>.</summary>
public sealed class GrainExtensionNotInstalledException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    public GrainExtensionNotInstalledException()
        : base("The grain extension is not installed.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    public GrainExtensionNotInstalledException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public GrainExtensionNotInstalledException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
