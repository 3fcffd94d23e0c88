namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>One call of the service. It can be sent again as often as needed.</summary>
/// <param name="Method">GET, PUT, POST, DELETE or HEAD.</param>
/// <param name="Key">Key in the bucket, prefix included; empty for the bucket itself.</param>
internal sealed record S3Request(HttpMethod Method, string Key)
{
    /// <summary>Query, unsorted and as plain text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>Further headers, which are signed too.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body; empty for none.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Statuses beside the good ones that the caller deals with.</summary>
    public IReadOnlyList<int> Expected { get; init; } = [];
}

/// <summary>The answer; the caller disposes it.</summary>
/// <param name="Message">Headers, and the body still to be read.</param>
/// <param name="Attempts">How often the request was sent: beyond 1, an earlier one may have taken effect.</param>
internal sealed record S3Response(HttpResponseMessage Message, int Attempts) : IDisposable
{
    public int Status => (int)Message.StatusCode;

    public void Dispose() => Message.Dispose();
}
