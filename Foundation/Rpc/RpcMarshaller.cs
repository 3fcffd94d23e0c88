namespace OrleansFlow.Rpc;

/// <summary>
/// How one kind of message becomes the bytes of a frame and back. Both ways are asynchronous, so that a body of many
/// megabytes goes from its own memory to the connection, and from the connection to its own memory, without a copy of
/// the whole in between. Implementations are stateless and thread-safe.
/// </summary>
/// <typeparam name="T">The message.</typeparam>
public abstract class RpcMarshaller<T>
{
    /// <summary>Largest message accepted, in bytes; null for the limit of the channel or server.</summary>
    public virtual int? MessageBytesMax => null;

    /// <summary>
    /// Whether a stream of such messages is mostly long bodies. A client then takes or sends it over a connection of its own
    /// where that is faster.
    /// </summary>
    public virtual bool IsBulk => false;

    /// <summary>Exact size of the message on the wire, in bytes, without the frame's five-byte prefix.</summary>
    public abstract int GetSize(T message);

    /// <summary>Writes the message.</summary>
    /// <param name="message">The message; it is not kept, so its owner may release it when the returned task has ended.</param>
    /// <param name="output">Takes exactly <paramref name="size"/> bytes; waits when the peer's window is full.</param>
    /// <param name="size">What <see cref="GetSize"/> said.</param>
    /// <param name="cancellationToken">Ends the call: a frame cannot stop half-way.</param>
    public abstract ValueTask WriteAsync(T message, RpcBodyWriter output, int size, CancellationToken cancellationToken);

    /// <summary>Reads one message.</summary>
    /// <param name="input">Holds the message and nothing else.</param>
    /// <param name="size">Size of the message in bytes; within the limit.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The message; the receiver owns whatever memory it holds.</returns>
    /// <exception cref="RpcException">The bytes are no such message: <see cref="RpcStatusCode.Internal"/> or
    /// <see cref="RpcStatusCode.InvalidArgument"/>.</exception>
    public abstract ValueTask<T> ReadAsync(RpcBodyReader input, int size, CancellationToken cancellationToken);
}
