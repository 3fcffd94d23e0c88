using System.Globalization;
using System.Numerics;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>The smallest, the largest and, where they are few, all values of a column over many batches. Not thread-safe.</summary>
internal sealed class ColumnSummary(int column)
{
    private const int ValuesMax = 256;
    private const int TextBytesMax = 256;

    private readonly HashSet<long> _numbers = [];
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private bool _isKnown = true;
    private bool _isText;
    private long _count;
    private (long Min, long Max) _range = (long.MaxValue, long.MinValue);
    private byte[]? _minText;
    private byte[]? _maxText;

    /// <summary>Adds the values of a batch.</summary>
    public void Add(RecordBatch batch)
    {
        if (!_isKnown)
        {
            return;
        }

        switch (batch.Column(column))
        {
            case Int8Array array:
                AddNumbers(array);
                break;
            case Int16Array array:
                AddNumbers(array);
                break;
            case Int32Array array:
                AddNumbers(array);
                break;
            case Int64Array array:
                AddNumbers(array);
                break;
            case UInt8Array array:
                AddNumbers(array);
                break;
            case UInt16Array array:
                AddNumbers(array);
                break;
            case UInt32Array array:
                AddNumbers(array);
                break;
            case Date32Array array:
                AddNumbers(array);
                break;
            case TimestampArray { Type: TimestampType { Unit: TimeUnit.Microsecond, TimeZone: null or "" } } array:
                AddNumbers(array);
                break;
            case TextArray array:
                AddTexts(array);
                break;
            default:
                _isKnown = false;
                break;
        }
    }

    public ColumnValues ToWire()
    {
        var wire = new ColumnValues { Column = column, IsKnown = _isKnown, Count = _count };
        if (!_isKnown || _count == 0)
        {
            return wire;
        }

        wire.Min = _isText ? Encoding.UTF8.GetString(_minText!) : _range.Min.ToString(CultureInfo.InvariantCulture);
        wire.Max = _isText ? Encoding.UTF8.GetString(_maxText!) : _range.Max.ToString(CultureInfo.InvariantCulture);
        if (_numbers.Count + _texts.Count <= ValuesMax)
        {
            wire.Values.AddRange(_isText ? _texts : _numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        }

        return wire;
    }

    private void AddNumbers<T>(PrimitiveArray<T> array)
        where T : unmanaged, IBinaryInteger<T>
    {
        var values = array.Values;
        var (min, max) = _range;
        var last = 0L;
        var hasLast = false;
        for (var row = 0; row < values.Length; row++)
        {
            if (!array.IsValid(row))
            {
                continue;
            }

            var value = long.CreateTruncating(values[row]);
            min = Math.Min(min, value);
            max = Math.Max(max, value);
            _count++;

            // One more than the most says that there are more.
            if (_numbers.Count <= ValuesMax && !(hasLast && last == value))
            {
                _numbers.Add(value);
                (last, hasLast) = (value, true);
            }
        }

        _range = (min, max);
    }

    private void AddTexts(TextArray array)
    {
        _isText = true;
        for (var row = 0; row < array.Length; row++)
        {
            if (!array.IsValid(row))
            {
                continue;
            }

            var value = array.GetUtf8(row);
            if (value.Length > TextBytesMax || value.Contains((byte)0))
            {
                _isKnown = false;
                return;
            }

            _count++;
            if (_minText is null || value.SequenceCompareTo(_minText) < 0)
            {
                _minText = value.ToArray();
            }

            if (_maxText is null || value.SequenceCompareTo(_maxText) > 0)
            {
                _maxText = value.ToArray();
            }

            if (_texts.Count <= ValuesMax)
            {
                _texts.Add(Encoding.UTF8.GetString(value));
            }
        }
    }
}
