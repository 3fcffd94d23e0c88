namespace Orleans.Runtime;

/// <summary>The gateway has too much to do for this client; the request was not executed.</summary>
public sealed class GatewayTooBusyException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    public GatewayTooBusyException()
        : base("The gateway is too busy.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    public GatewayTooBusyException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public GatewayTooBusyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
