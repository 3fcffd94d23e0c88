namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>What is kept of live streams. Section: <c>OrleansFlow:Streams</c>. Read once when the silo starts.</summary>
public sealed class StreamGatewayOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Streams";

    /// <summary>Bytes that are kept of one stream; older rows go first. More: readers may fall behind for longer.</summary>
    /// <value>Default 1 GiB. Range 64 KiB to 16 TiB.</value>
    public long RetentionBytes { get; set; } = 1L << 30;

    /// <summary>How long rows are kept at most, but for those of the newest segment.</summary>
    /// <value>Default 24 h. Range 1 min to 3 650 d.</value>
    public TimeSpan RetentionTime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often a reader looks for rows that came through another gateway; those of its own it is told of at once.</summary>
    /// <value>Default 500 ms. Range 10 ms to 1 min.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);
}
