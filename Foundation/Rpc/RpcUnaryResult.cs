namespace OrleansFlow.Rpc;

/// <summary>A response with what came around it.</summary>
/// <param name="Response">The message; the caller owns its memory.</param>
/// <param name="Headers">What the server sent before it.</param>
/// <param name="Trailers">What the server sent after it.</param>
/// <param name="Compressed">Whether the response came compressed.</param>
public readonly record struct RpcUnaryResult<TResponse>(TResponse Response, RpcMetadata Headers, RpcMetadata Trailers, bool Compressed = false);
