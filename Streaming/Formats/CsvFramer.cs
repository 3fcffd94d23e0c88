namespace OrleansFlow.Streaming.Formats;

/// <summary>A line feed outside of quotes ends a record. A quote counts where a field begins with it, as for <see cref="CsvRowDecoder"/>: one inside of a field is a character of it.</summary>
internal sealed class CsvFramer : RecordFramer
{
    private const int NowhereBefore = -2;

    private readonly byte _delimiter;
    private int _looked;
    private bool _isQuoted;

    // Where the last quote stands that may have closed a field: a second one behind it is a character, and the field goes on.
    private int _closedAt = NowhereBefore;

    // The last of the bytes that were thrown away; at the start of a record the delimiter, since a field begins there.
    private byte _before;

    /// <summary>Makes one.</summary>
    /// <param name="delimiter">Stands between fields.</param>
    public CsvFramer(byte delimiter) => (_delimiter, _before) = (delimiter, delimiter);

    public override bool TryFind(ReadOnlySpan<byte> bytes, bool isEnd, out RecordFrame frame)
    {
        while (_looked < bytes.Length)
        {
            var next = _isQuoted ? bytes[_looked..].IndexOf((byte)'"') : bytes[_looked..].IndexOfAny((byte)'"', (byte)'\n');
            if (next < 0)
            {
                _looked = bytes.Length;
                break;
            }

            var at = _looked + next;
            _looked = at + 1;
            if (bytes[at] == '\n' && !_isQuoted)
            {
                return Found(bytes, at, _looked, out frame);
            }

            if (_isQuoted)
            {
                (_isQuoted, _closedAt) = (false, at);
            }
            else
            {
                _isQuoted = at == _closedAt + 1 || (at == 0 ? _before : bytes[at - 1]) == _delimiter || (at == 3 && bytes.StartsWith("\uFEFF"u8));
            }
        }

        frame = default;
        return isEnd && !bytes.IsEmpty && Found(bytes, bytes.Length, bytes.Length, out frame);
    }

    public override void Forget(ReadOnlySpan<byte> bytes)
    {
        _before = bytes.IsEmpty ? _before : bytes[^1];
        (_looked, _closedAt) = (0, _closedAt == bytes.Length - 1 ? -1 : NowhereBefore);
    }

    private bool Found(ReadOnlySpan<byte> bytes, int length, int taken, out RecordFrame frame)
    {
        (_looked, _isQuoted, _closedAt, _before) = (0, false, NowhereBefore, _delimiter);
        frame = new RecordFrame(0, length > 0 && bytes[length - 1] == '\r' ? length - 1 : length, taken);
        return true;
    }
}
