namespace Orleans.Runtime;

/// <summary>The client that the called object lives in is gone. The call was not executed.</summary>
public sealed class ClientNotAvailableException : OrleansException
{
    internal ClientNotAvailableException(GrainId clientId)
        : base($"No client has the id '{clientId}': it has disconnected, or its process has ended. Drop references to its objects.")
    {
    }

    internal ClientNotAvailableException(string message)
        : base(message)
    {
    }

    internal ClientNotAvailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
