namespace OrleansFlow.Streaming.Formats;

/// <summary>Records of a stream, one after the other, with the place behind each. Not thread-safe; disposes the stream.</summary>
/// <param name="stream">Read forward only.</param>
/// <param name="framer">Divides it.</param>
/// <param name="recordBytesMax">Most bytes of a record. What is much longer is never held as a whole.</param>
/// <param name="cutsLong">Whether a longer one is cut, and not bad.</param>
public sealed class RecordReader(Stream stream, RecordFramer framer, int recordBytesMax, bool cutsLong) : IAsyncDisposable
{
    private const int ReadBytes = 128 * 1024;

    private byte[] _buffer = new byte[ReadBytes];
    private int _start;
    private int _end;
    private long _taken;
    private bool _isEnd;
    private bool _isSkipping;
    private byte[] _cut = [];

    /// <summary>Bytes of the stream up to the record that comes next, from where it stood at first.</summary>
    public long Position { get; private set; }

    /// <summary>Takes the next record of those that were read.</summary>
    /// <param name="record">Its bytes, until the next call.</param>
    /// <returns>False: <see cref="FillAsync"/> has to read more.</returns>
    /// <exception cref="BadRecordException">It is too long, or the stream ends inside of it; the next call goes on behind it.</exception>
    public bool TryRead(out ReadOnlySpan<byte> record)
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        RecordFrame frame;
        try
        {
            if (!framer.TryFind(bytes, _isEnd, out frame))
            {
                record = default;
                return _isEnd && _isSkipping && TryEndSkipped(0, out record);
            }
        }
        catch (BadRecordException)
        {
            // It is bad once, whether it was too long before it broke off or not.
            Take(bytes.Length);
            _isSkipping = false;
            throw;
        }

        if (_isSkipping)
        {
            return TryEndSkipped(frame.Taken, out record);
        }

        record = bytes.Slice(frame.Start, frame.Length);
        Take(frame.Taken);
        if (record.Length > recordBytesMax)
        {
            record = cutsLong ? record[..recordBytesMax] : throw TooLong();
        }

        return true;
    }

    /// <summary>Reads more of the stream.</summary>
    /// <returns>False: it has ended, and there is nothing more.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isEnd)
        {
            return false;
        }

        var held = _end - _start;
        if (held > recordBytesMax + (long)ReadBytes)
        {
            Skip();
        }
        else if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, held);
            (_start, _end) = (0, held);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, checked(2 * _buffer.Length));
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _isEnd = read == 0;
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>Throws away what is held of a record that is too long. It counts as taken only with its end, so that a restart reads it again.</summary>
    private void Skip()
    {
        var held = _buffer.AsSpan(_start, _end - _start);
        if (!_isSkipping && cutsLong)
        {
            _cut = held.Slice(framer.HeadBytes, recordBytesMax).ToArray();
        }

        framer.Forget(held);
        _taken += held.Length;
        (_start, _end, _isSkipping) = (0, 0, true);
    }

    private bool TryEndSkipped(int bytes, out ReadOnlySpan<byte> record)
    {
        Take(bytes);
        _isSkipping = false;
        record = _cut;
        return cutsLong ? true : throw TooLong();
    }

    private void Take(int bytes)
    {
        _start += bytes;
        _taken += bytes;
        Position = _taken;
    }

    private BadRecordException TooLong() => new($"it is longer than {recordBytesMax} bytes");
}
