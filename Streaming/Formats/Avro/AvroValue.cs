using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Writes the values of a column as a type of a schema.</summary>
/// <param name="path">The column, for messages.</param>
internal abstract class AvroValue(string path)
{
    protected string Path => path;

    /// <summary>Writes a value, or a null where the type has it.</summary>
    /// <exception cref="FlowException">The type does not take it (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public virtual void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        if (array.IsNull(row))
        {
            throw Refuse("a null: let the schema have a union with null there, or leave such rows out");
        }

        WriteValue(array, row, target);
    }

    /// <summary>What writes a column.</summary>
    /// <param name="type">As which type.</param>
    /// <param name="column">Of what type the column is.</param>
    /// <param name="path">The column, for messages.</param>
    /// <exception cref="FlowException">They do not fit (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static AvroValue Of(AvroType type, ArrowType column, string path) =>
        TryOf(type, column, path) ?? throw new FlowException(
            FlowErrorCode.BadGraph, $"Column '{path}' is of type {column.Name}, which is not written as {type.Shown} of the Avro schema. Cast it in the query, or change the schema.");

    /// <summary>As <see cref="Of"/>; null when they do not fit. What is inside of structs, lists and maps has to fit.</summary>
    public static AvroValue? TryOf(AvroType type, ArrowType column, string path) => (type.Kind, column) switch
    {
        (AvroKind.Null, _) => new AvroNullValue(path),
        (AvroKind.Union, StructType one) when AvroUnions.BranchesOf(type, one) is { } fields => new AvroBranchValue(type, one, fields, path),
        (AvroKind.Union, _) => AvroUnionValue.FirstOf(type, column, path),
        (AvroKind.Record, StructType one) => new AvroStructValue(type, one.Fields, path),
        (AvroKind.Array, ListType one) => new AvroListValue(Of(type.Items!, one.Item.Type, $"{path}[]"), path),
        (AvroKind.Map, MapType { Key.Type: StringType } one) => new AvroMapValue(Of(type.Items!, one.Value.Type, $"{path} (value)"), path),
        _ => AvroFlatValues.TryOf(type, column, path),
    };

    /// <summary>Writes what is no null.</summary>
    protected abstract void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target);

    /// <summary>What to say of a value that is not taken.</summary>
    protected FlowException Refuse(string what) => new(FlowErrorCode.BadInput, $"Column '{path}' cannot be written by the Avro schema: it holds {what}.");
}
