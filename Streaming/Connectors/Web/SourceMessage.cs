namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>What came from the other end.</summary>
/// <param name="Payload">Its bytes, one record or several by the framing; null: only the place moves.</param>
internal readonly record struct SourceMessage(ReadOnlyMemory<byte>? Payload)
{
    /// <summary>Where the source stands behind it; null: where it stood.</summary>
    public string? Cursor { get; init; }

    /// <summary>Its type; null: such messages have none.</summary>
    public string? Event { get; init; }

    /// <summary>The status that it came with; null: such messages have none.</summary>
    public int? Status { get; init; }

    /// <summary>SHA-256 of it; empty where nobody asks.</summary>
    public ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    public string? Problem { get; init; }
}
