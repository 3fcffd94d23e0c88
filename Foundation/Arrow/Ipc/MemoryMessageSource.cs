namespace OrleansFlow.Arrow.Ipc;

/// <summary>Messages in memory; nothing is copied.</summary>
/// <param name="memory">The bytes; one reference is this source's.</param>
/// <param name="options">Limits.</param>
internal sealed class MemoryMessageSource(ArrowBuffer memory, IpcReadOptions options) : IpcMessageSource(options)
{
    private long _position;

    public override bool TryRead(IpcDecoder decoder, out RecordBatch? batch)
    {
        batch = null;
        if (HasEnded)
        {
            return false;
        }

        if (memory.Length == _position)
        {
            return End();
        }

        var word = ReadWord();
        if (word == IpcFormat.Continuation)
        {
            word = ReadWord();
        }

        if (word == 0)
        {
            return End();
        }

        var length = CheckMetadataLength((int)word);
        CheckRead(memory.Length - _position, length, "metadata");
        var metadata = memory.Slice(_position, length).Span;
        _position += length;
        var bodyLength = IpcDecoder.ReadBodyLength(metadata, Options);
        CheckRead(memory.Length - _position, bodyLength, "body");
        var body = memory.Slice(_position, bodyLength);
        _position += bodyLength;
        batch = decoder.Decode(metadata, body);
        return true;
    }

    public override void Dispose()
    {
        base.Dispose();
        memory.Release();
    }

    private uint ReadWord()
    {
        CheckPrefix((int)Math.Min(memory.Length - _position, 4), false);
        var word = memory.Slice(_position, 4).Cast<uint>()[0];
        _position += 4;
        return word;
    }
}
