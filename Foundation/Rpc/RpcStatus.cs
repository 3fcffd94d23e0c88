namespace OrleansFlow.Rpc;

/// <summary>How a call ended.</summary>
/// <param name="Code">The outcome.</param>
/// <param name="Message">Text for a developer; may be empty, never null.</param>
/// <param name="Details">
/// A serialised <c>google.rpc.Status</c> as it travels in the trailer <c>grpc-status-details-bin</c>; empty when there is
/// none. <see cref="RpcStatusDetails"/> builds and reads it.
/// </param>
public sealed record RpcStatus(RpcStatusCode Code, string Message, ReadOnlyMemory<byte> Details = default)
{
    /// <summary>Success without a message.</summary>
    public static RpcStatus Ok { get; } = new(RpcStatusCode.Ok, "");

    /// <summary>Whether the call succeeded.</summary>
    public bool IsOk => Code == RpcStatusCode.Ok;

    /// <summary>Same code, message and detail bytes.</summary>
    public bool Equals(RpcStatus? other) =>
        other is not null && Code == other.Code && Message == other.Message && Details.Span.SequenceEqual(other.Details.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Code, Message, Details.Length);

    /// <summary>Code and message, for logs.</summary>
    public override string ToString() => Message.Length == 0 ? Code.ToString() : $"{Code}: {Message}";
}
