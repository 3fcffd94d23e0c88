namespace OrleansFlow.Arrow.Ipc;

/// <summary>The outer table of a message, checked against the limits.</summary>
internal readonly ref struct MessageHeader
{
    private MessageHeader(short version, byte kind, FlatTable content, long bodyLength)
    {
        Version = version;
        Kind = kind;
        Content = content;
        BodyLength = bodyLength;
    }

    public short Version { get; }

    public byte Kind { get; }

    public FlatTable Content { get; }

    public long BodyLength { get; }

    public static MessageHeader Read(ReadOnlySpan<byte> metadata, IpcReadOptions options)
    {
        var message = FlatTable.Root(metadata);
        var version = message.Short(0);
        if (version is not (IpcFormat.VersionV4 or IpcFormat.VersionV5))
        {
            throw new ArrowFormatException($"The message has metadata version V{version + 1}; V4 and V5 can be read.");
        }

        var kind = message.Byte(1);
        if (!message.TryTable(2, out var content))
        {
            throw new ArrowFormatException($"The message (kind {kind}) has no header.");
        }

        var bodyLength = message.Long(3);
        var most = Math.Min(options.MaxBodyBytes, ArrowAllocator.MaxAllocation);
        if (bodyLength < 0 || bodyLength > most)
        {
            throw new ArrowFormatException($"The message claims a body of {bodyLength} bytes; the limit is {most}.");
        }

        return new MessageHeader(version, kind, content, bodyLength);
    }
}
