using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OrleansFlow.Streaming.Connectors.Web;

/// <summary>Makes events from the lines of an event stream, as the HTML standard describes them. Not thread-safe.</summary>
/// <param name="types">Types that are wanted; none: all.</param>
/// <param name="bytesMax">Most bytes of an event.</param>
internal sealed class SseEvents(IReadOnlyCollection<string> types, int bytesMax)
{
    private const string DefaultType = "message";

    private readonly ArrayBufferWriter<byte> _data = new();
    private string _type = DefaultType;
    private string? _id;
    private bool _hasData;
    private bool _isTooLong;
    private bool _isFirstLine = true;

    /// <summary>How long the other end wants a reader to wait before it connects again; null when it has not said.</summary>
    public TimeSpan? Retry { get; private set; }

    /// <summary>Takes a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="message">The event that it ends; of a type that is not wanted only the place.</param>
    /// <returns>Whether it ends one.</returns>
    public bool TryEnd(ReadOnlySpan<byte> line, out SourceMessage message)
    {
        message = default;
        if (_isFirstLine)
        {
            _isFirstLine = false;
            line = line.StartsWith("\uFEFF"u8) ? line[3..] : line;
        }

        if (line.IsEmpty)
        {
            return TryEnd(out message);
        }

        var colon = line.IndexOf((byte)':');
        if (colon != 0)
        {
            var value = colon < 0 ? default : line[(colon + 1)..];
            Take(colon < 0 ? line : line[..colon], value.StartsWith(" "u8) ? value[1..] : value);
        }

        return false;
    }

    /// <summary>A line was too long to be read: the event that it belongs to cannot be.</summary>
    public void MissLine() => _isTooLong = _hasData = true;

    private void Take(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.SequenceEqual("data"u8))
        {
            _isTooLong |= _data.WrittenCount + value.Length > bytesMax;
            if (_hasData && !_isTooLong)
            {
                _data.Write("\n"u8);
            }

            _data.Write(_isTooLong ? default : value);
            _hasData = true;
        }
        else if (field.SequenceEqual("event"u8))
        {
            _type = value.IsEmpty ? DefaultType : Encoding.UTF8.GetString(value);
        }
        else if (field.SequenceEqual("id"u8) && value.IndexOf((byte)0) < 0)
        {
            _id = Encoding.UTF8.GetString(value);
        }
        else if (field.SequenceEqual("retry"u8) && Utf8Parser.TryParse(value, out int milliseconds, out var used) && used == value.Length && milliseconds >= 0)
        {
            Retry = TimeSpan.FromMilliseconds(milliseconds);
        }
    }

    private bool TryEnd(out SourceMessage message)
    {
        var isWanted = _hasData && (types.Count == 0 || types.Contains(_type));
        message = new SourceMessage(isWanted && !_isTooLong ? (ReadOnlyMemory<byte>?)_data.WrittenSpan.ToArray() : null)
        {
            Cursor = _id,
            Event = _type,
            Problem = isWanted && _isTooLong ? $"it is longer than {bytesMax} bytes" : null,
        };
        var isEvent = isWanted || _id is not null;
        _data.ResetWrittenCount();
        (_type, _id, _hasData, _isTooLong) = (DefaultType, null, false, false);
        return isEvent;
    }
}
