using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>
/// Builds <see cref="DictionaryArray"/>. Equal texts share one entry; other values that come from arrays share the entry of
/// their source's dictionary.
/// </summary>
public sealed class DictionaryBuilder : ArrowArrayBuilder
{
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<(ArrowArray Source, int Slot), int> _copied = [];
    private readonly ArrowArrayBuilder _values;
    private readonly int _indexWidth;
    private readonly long _maxIndex;
    private GrowingBuffer _indices;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Types of index and value.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public DictionaryBuilder(DictionaryType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _indices = new GrowingBuffer(Allocator);
        _values = Create(type.ValueType, Allocator);
        _indexWidth = type.IndexType.FixedBitWidth / 8;
        _maxIndex = Math.Min(int.MaxValue, (1L << Math.Min(62, type.IndexType.FixedBitWidth - (type.IndexType.IsSigned ? 1 : 0))) - 1);
    }

    /// <summary>Builds dictionaries of text with 32-bit indices.</summary>
    public DictionaryBuilder(ArrowAllocator? allocator = null)
        : this(ArrowType.Dictionary(ArrowType.Int32, ArrowType.Utf8), allocator)
    {
    }

    /// <summary>Appends a text; null appends a null.</summary>
    /// <exception cref="InvalidOperationException">The values are not text, or there are more of them than the index type can count.</exception>
    public void Append(string? value)
    {
        if (value is null)
        {
            AppendNull();
            return;
        }

        if (!_known.TryGetValue(value, out var slot))
        {
            if (_values is not Utf8Builder text)
            {
                throw new InvalidOperationException($"The dictionary of {Type.Name} does not hold text.");
            }

            slot = text.Length;
            text.Append(value);
            _known.Add(value, slot);
        }

        AppendIndex(slot);
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        _known.Clear();
        ForgetCopied();
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Buffers = [validity, _indices.Take()],
            Dictionary = _values.Build(),
        });
    }

    private protected override void ClearCore()
    {
        _known.Clear();
        ForgetCopied();
        _indices.Release();
        _values.Clear();
    }

    private protected override void AppendEmptySlot() => AppendIndex(0);

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var dictionary = ((DictionaryArray)source).Dictionary;
        var from = (int)((DictionaryArray)source).GetIndex(index);
        if (!_copied.TryGetValue((dictionary, from), out var slot))
        {
            if (dictionary is TextArray text && text.IsValid(from))
            {
                var value = Encoding.UTF8.GetString(text.GetUtf8(from));
                if (!_known.TryGetValue(value, out slot))
                {
                    slot = _values.Length;
                    _values.AppendFrom(dictionary, from);
                    _known.Add(value, slot);
                }
            }
            else
            {
                slot = _values.Length;
                _values.AppendFrom(dictionary, from);
            }

            // The key must stay alive, or another array could take its place.
            _copied.Add((dictionary.Retain(), from), slot);
        }

        AppendIndex(slot);
        MarkValid();
    }

    private protected override void AppendObjectCore(object value)
    {
        if (value is string text)
        {
            Append(text);
            return;
        }

        var slot = _values.Length;
        _values.AppendObject(value);
        AppendIndex(slot);
        MarkValid();
    }

    private void ForgetCopied()
    {
        foreach (var (source, _) in _copied.Keys)
        {
            source.Dispose();
        }

        _copied.Clear();
    }

    private void AppendIndex(int slot)
    {
        if (slot > _maxIndex)
        {
            throw new InvalidOperationException($"The dictionary has more values than {Type.Name} can count ({_maxIndex + 1}); use a wider index type.");
        }

        switch (_indexWidth)
        {
            case 1:
                _indices.Append((byte)slot);
                break;
            case 2:
                _indices.Append((ushort)slot);
                break;
            case 4:
                _indices.Append(slot);
                break;
            default:
                _indices.Append((long)slot);
                break;
        }
    }
}
