namespace Orleans.Storage;

/// <summary>The stored state is not the one that was read: another activation, or a person, has changed it.</summary>
/// <remarks>Thrown out of a grain call it ends the activation, so that the next call reads the stored state again.</remarks>
public class InconsistentStateException : OrleansException
{
    /// <summary>Creates the exception.</summary>
    public InconsistentStateException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    public InconsistentStateException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public InconsistentStateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception with both etags.</summary>
    /// <param name="errorMsg">What happened.</param>
    /// <param name="storedEtag">The etag in the store.</param>
    /// <param name="currentEtag">The etag of the state in memory.</param>
    /// <param name="storageException">The cause.</param>
    public InconsistentStateException(string errorMsg, string storedEtag, string currentEtag, Exception storageException)
        : base($"{errorMsg} Stored etag: {storedEtag}, current etag: {currentEtag}.", storageException)
    {
        StoredEtag = storedEtag;
        CurrentEtag = currentEtag;
    }

    /// <summary>Creates the exception with both etags.</summary>
    /// <param name="errorMsg">What happened.</param>
    /// <param name="storedEtag">The etag in the store.</param>
    /// <param name="currentEtag">The etag of the state in memory.</param>
    public InconsistentStateException(string errorMsg, string storedEtag, string currentEtag)
        : base($"{errorMsg} Stored etag: {storedEtag}, current etag: {currentEtag}.")
    {
        StoredEtag = storedEtag;
        CurrentEtag = currentEtag;
    }

    /// <summary>The etag in the store.</summary>
    public string? StoredEtag { get; private set; }

    /// <summary>The etag of the state in memory.</summary>
    public string? CurrentEtag { get; private set; }

    // Only the grain whose own state was stale is deactivated, not the callers the exception passes through.
    internal bool IsSourceActivation { get; set; } = true;
}
