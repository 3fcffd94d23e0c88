namespace OrleansFlow.Rpc.Http2;

/// <summary>A connection that carries one call at a time and may be kept for the next.</summary>
internal interface IHttp2Connection : IDisposable
{
    /// <summary>Whether the call before has ended well and the server has not said that it leaves.</summary>
    bool IsReusable { get; }

    /// <summary>Whether an idle connection is still good, as far as can be told without waiting.</summary>
    bool TryReuse();
}
