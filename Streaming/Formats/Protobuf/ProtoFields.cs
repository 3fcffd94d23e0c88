using System.Buffers;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>
/// Reads the fields of a message, each into the column of its name. They may come in any order and more than once, so that all are found before the first is taken: of a single
/// value the last one counts, of a oneof the last field, of a message all of them as one. Not thread-safe.
/// </summary>
internal sealed class ProtoFields
{
    private readonly ProtoField[] _fields;
    private readonly Dictionary<int, int> _places;
    private readonly Slot[] _slots;
    private readonly int[] _oneofs;
    private readonly List<Found> _found = [];
    private readonly ArrayBufferWriter<byte> _merged = new();

    /// <summary>Makes it for a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="builders">Where the values of each go.</param>
    /// <param name="path">The column that holds them; empty at the root.</param>
    /// <exception cref="FlowException">A column has no field, or does not take its values (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ProtoFields(MessageDescriptor message, IReadOnlyList<ArrowField> columns, Func<int, ArrowArrayBuilder> builders, string path)
        : this(Choose(message, columns, builders, path), [.. message.Fields.InDeclarationOrder().Select(field => field.FieldNumber)])
    {
    }

    /// <summary>Makes it of fields.</summary>
    /// <param name="fields">All fields of a message.</param>
    /// <param name="numbers">Their numbers.</param>
    public ProtoFields(ProtoField[] fields, int[] numbers)
    {
        _fields = fields;
        _slots = new Slot[fields.Length];
        _oneofs = new int[fields.Length];
        _places = numbers.Select((number, place) => (number, place)).ToDictionary(pair => pair.number, pair => pair.place);
    }

    /// <summary>Reads them.</summary>
    public void Read(ReadOnlySpan<byte> message)
    {
        Array.Clear(_slots);
        Array.Fill(_oneofs, -1);
        _found.Clear();
        for (var reader = new ProtoReader(message); reader.TryTag(out var number, out var wire);)
        {
            if (_places.TryGetValue(number, out var place) && _fields[place].Takes(wire) && wire != ProtoWire.GroupStart)
            {
                Find(place, wire, ref reader);
            }
            else
            {
                reader.Skip(number, wire);
            }
        }

        for (var place = 0; place < _fields.Length; place++)
        {
            if (_fields[place].IsRead)
            {
                Append(_fields[place], _slots[place], message);
            }
        }
    }

    /// <summary>What to say of a column that a message has no field for.</summary>
    public static FlowException Missing(MessageDescriptor message, string column, string path) => new(
        FlowErrorCode.BadGraph,
        $"Column '{(path.Length > 0 ? $"{path}.{column}" : column)}' is no field of the Protobuf message {message.FullName}; it has: {string.Join(", ", message.Fields.InDeclarationOrder().Select(field => field.Name))}.");

    private static ProtoField[] Choose(MessageDescriptor message, IReadOnlyList<ArrowField> columns, Func<int, ArrowArrayBuilder> builders, string path)
    {
        var missing = columns.FirstOrDefault(column => message.FindFieldByName(column.Name) is null);
        return missing is null ? [.. message.Fields.InDeclarationOrder().Select(Field)] : throw Missing(message, missing.Name, path);

        ProtoField Field(FieldDescriptor field)
        {
            var place = columns.Select(column => column.Name).ToList().IndexOf(field.Name);
            return new ProtoField(field, place < 0 ? null : builders(place), path.Length > 0 ? $"{path}.{field.Name}" : field.Name, isEntry: false);
        }
    }

    private void Find(int place, ProtoWire wire, ref ProtoReader reader)
    {
        var field = _fields[place];
        var (start, length) = wire == ProtoWire.Bytes ? reader.Range() : default;
        var found = new Found(wire == ProtoWire.Bytes ? 0 : reader.Bits(wire), start, length, wire != field.Wire);
        if (field.Oneof >= 0)
        {
            if (_oneofs[field.Oneof] is var other && other >= 0 && other != place)
            {
                _slots[other] = default;
            }

            _oneofs[field.Oneof] = place;
        }

        ref var slot = ref _slots[place];
        if (!field.IsRead)
        {
            return;
        }

        _found.Add(found);
        var last = _found.Count;
        if (slot.Count > 0 && (field.IsRepeated || field.Type == FieldType.Message))
        {
            _found[slot.Last - 1] = _found[slot.Last - 1] with { Next = last };
            slot = slot with { Last = last, Count = slot.Count + 1 };
        }
        else
        {
            slot = new Slot(last, last, 1);
        }
    }

    private void Append(ProtoField field, Slot slot, ReadOnlySpan<byte> message)
    {
        if (field.IsRepeated)
        {
            for (var next = slot.First; next > 0; next = _found[next - 1].Next)
            {
                var item = _found[next - 1];
                field.AppendItem(item.Bits, message.Slice(item.Start, item.Length), item.IsPacked);
            }

            field.EndItems();
        }
        else if (slot.Count == 0)
        {
            field.AppendNone();
        }
        else if (slot.Count == 1)
        {
            var one = _found[slot.First - 1];
            field.Append(one.Bits, message.Slice(one.Start, one.Length));
        }
        else
        {
            // A message that comes in parts is what its parts make behind each other.
            _merged.ResetWrittenCount();
            for (var next = slot.First; next > 0; next = _found[next - 1].Next)
            {
                _merged.Write(message.Slice(_found[next - 1].Start, _found[next - 1].Length));
            }

            field.Append(0, _merged.WrittenSpan);
        }
    }

    /// <summary>Places of the first and the last of what was found of a field, from 1, and how many there are.</summary>
    private readonly record struct Slot(int First, int Last, int Count);

    /// <summary>A value: its bits, or where its bytes are; then the place of the next one of its field, 0 for none.</summary>
    private readonly record struct Found(ulong Bits, int Start, int Length, bool IsPacked, int Next = 0);
}
