using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Messages of a stream; each body is read once into memory of the allocator.</summary>
internal sealed class StreamMessageSource(Stream stream, IpcReadOptions options, bool leaveOpen) : IpcMessageSource(options)
{
    private readonly byte[] _prefix = new byte[4];

    public override bool TryRead(IpcDecoder decoder, out RecordBatch? batch)
    {
        batch = null;
        if (HasEnded)
        {
            return false;
        }

        if (!ReadPrefix(true))
        {
            return End();
        }

        if (!Continue(out var length))
        {
            ReadPrefix(false);
            length = BinaryPrimitives.ReadInt32LittleEndian(_prefix);
        }

        if (length == 0)
        {
            return End();
        }

        var metadata = new byte[CheckMetadataLength(length)];
        ReadExactly(metadata, "metadata");
        var body = AllocateBody(IpcDecoder.ReadBodyLength(metadata, Options));
        try
        {
            ReadExactly(body.WritableSpan, "body");
            batch = decoder.Decode(metadata, body);
            return true;
        }
        finally
        {
            body.Release();
        }
    }

    public override async ValueTask<(bool Any, RecordBatch? Batch)> ReadAsync(IpcDecoder decoder, CancellationToken cancellationToken)
    {
        if (HasEnded)
        {
            return (false, null);
        }

        var got = await stream.ReadAtLeastAsync(_prefix, 4, false, cancellationToken).ConfigureAwait(false);
        if (!CheckPrefix(got, true))
        {
            return (End(), null);
        }

        if (!Continue(out var length))
        {
            got = await stream.ReadAtLeastAsync(_prefix, 4, false, cancellationToken).ConfigureAwait(false);
            CheckPrefix(got, false);
            length = BinaryPrimitives.ReadInt32LittleEndian(_prefix);
        }

        if (length == 0)
        {
            return (End(), null);
        }

        var metadata = new byte[CheckMetadataLength(length)];
        CheckRead(await stream.ReadAtLeastAsync(metadata, metadata.Length, false, cancellationToken).ConfigureAwait(false), metadata.Length, "metadata");
        var body = AllocateBody(IpcDecoder.ReadBodyLength(metadata, Options));
        try
        {
            var target = new NativeMemoryView(body).Memory;
            CheckRead(await stream.ReadAtLeastAsync(target, target.Length, false, cancellationToken).ConfigureAwait(false), target.Length, "body");
            return (true, decoder.Decode(metadata, body));
        }
        finally
        {
            body.Release();
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        if (!leaveOpen)
        {
            stream.Dispose();
        }
    }

    private bool ReadPrefix(bool mayEnd) => CheckPrefix(stream.ReadAtLeast(_prefix, 4, false), mayEnd);

    /// <summary>False when the word is the continuation marker, so the length follows; streams before 0.15 have no marker.</summary>
    private bool Continue(out int length)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(_prefix);
        length = word == IpcFormat.Continuation ? -1
            : (int)word is >= 0 and var legacy ? legacy
            : throw new ArrowFormatException($"A message claims {(int)word} bytes of metadata.");
        return length >= 0;
    }

    private ArrowBuffer AllocateBody(long length)
    {
        // A lie about the length is found before memory is taken for it, where the source says how much is left.
        if (stream is { CanSeek: true } && stream.Length - stream.Position is var left && left < length)
        {
            CheckRead(left, length, "body");
        }

        return Options.Allocator.Allocate(length);
    }

    private void ReadExactly(Span<byte> target, string what) => CheckRead(stream.ReadAtLeast(target, target.Length, false), target.Length, what);
}
