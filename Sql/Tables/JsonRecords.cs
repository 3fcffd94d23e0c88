namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Notes where lines of a JSON file begin, of which each one begins with <c>{</c> and ends with <c>}</c>: such a file can be cut between any two of them, for a line's
/// end never stands inside of a string, and nowhere inside of an object a <c>}</c> is followed by a <c>{</c>. Not thread-safe.
/// </summary>
/// <param name="rangeBytes">Bytes between two places that are noted, at least.</param>
internal sealed class JsonRecords(long rangeBytes) : ITextRecords
{
    private const byte LineFeed = (byte)'\n';

    private readonly List<long> _starts = [];
    private long _lineStart;
    private bool _isOpen;
    private byte _last;

    /// <inheritdoc/>
    public IReadOnlyList<long> Starts => _starts;

    /// <inheritdoc/>
    public string? Why { get; private set; }

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<byte> bytes, long position)
    {
        for (var index = 0; index < bytes.Length && Why is null;)
        {
            var found = bytes[index..].IndexOf(LineFeed);
            Look(found < 0 ? bytes[index..] : bytes.Slice(index, found));
            if (found < 0)
            {
                return;
            }

            EndLine();
            index += found + 1;
            _lineStart = position + index;
        }
    }

    /// <inheritdoc/>
    public void End(long length) => EndLine();

    private void Look(ReadOnlySpan<byte> piece)
    {
        var text = piece.Trim(" \t\r"u8);
        if (text.IsEmpty)
        {
            return;
        }

        if (!_isOpen)
        {
            _isOpen = true;
            Why = text[0] == (byte)'{' ? null : "a line of it does not begin with an object";
            if (_starts.Count == 0 || _lineStart - _starts[^1] >= rangeBytes)
            {
                _starts.Add(_lineStart);
            }
        }

        _last = text[^1];
    }

    private void EndLine()
    {
        if (_isOpen && _last != (byte)'}')
        {
            Why ??= "an object of it goes over several lines";
        }

        _isOpen = false;
    }
}
