namespace Orleans.Storage;

/// <summary>A grain's storage is not configured, or is configured wrongly.</summary>
[GenerateSerializer]
public sealed class BadProviderConfigException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    public BadProviderConfigException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="msg">What happened.</param>
    public BadProviderConfigException(string msg)
        : base(msg)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="msg">What happened.</param>
    /// <param name="exc">The cause.</param>
    public BadProviderConfigException(string msg, Exception exc)
        : base(msg, exc)
    {
    }
}
