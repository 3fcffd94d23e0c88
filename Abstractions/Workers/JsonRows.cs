using System.Text.Json;
using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>JSON values as a record batch, one to a row, so that handlers which have no columns can emit and read batches too.</summary>
/// <remarks>One column <c>json</c> of UTF-8 text; the schema's metadata say that it is one of these.</remarks>
public static class JsonRows
{
    /// <summary>Key in the schema's metadata.</summary>
    public const string FormKey = "orleansflow.form";

    /// <summary>Its value.</summary>
    public const string Form = "json";

    private static readonly ArrowSchema Schema = new([new ArrowField(Form, ArrowType.Utf8, false)], [new(FormKey, Form)]);

    /// <summary>Makes a batch of values.</summary>
    /// <returns>A batch whose one reference belongs to the caller.</returns>
    public static RecordBatch Of(params ReadOnlySpan<JsonElement> values)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var value in values)
        {
            builder.AppendRow(value.GetRawText());
        }

        return builder.Build();
    }

    /// <summary>Makes a batch of values that System.Text.Json can write.</summary>
    /// <param name="values">The values.</param>
    /// <param name="options">How they are written; null for the defaults.</param>
    /// <returns>A batch whose one reference belongs to the caller.</returns>
    public static RecordBatch Of<T>(IEnumerable<T> values, JsonSerializerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var value in values)
        {
            builder.AppendRow(JsonSerializer.Serialize(value, options));
        }

        return builder.Build();
    }

    /// <summary>Whether a batch is one of JSON values.</summary>
    public static bool IsJson(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Schema.Metadata.Contains(new KeyValuePair<string, string>(FormKey, Form)) && batch.Schema.TryIndexOf(Form) >= 0;
    }

    /// <summary>The values of a batch. They stay valid after it.</summary>
    /// <exception cref="ArgumentException">It is no batch of JSON values.</exception>
    public static IReadOnlyList<JsonElement> Read(RecordBatch batch)
    {
        if (!IsJson(batch))
        {
            throw new ArgumentException($"The batch holds [{batch.Schema}], not JSON values; make such a batch with JsonRows.Of.", nameof(batch));
        }

        var column = batch.Column<StringArray>(Form);
        var values = new JsonElement[column.Length];
        for (var row = 0; row < values.Length; row++)
        {
            values[row] = JsonElement.Parse(column.GetString(row) ?? "null");
        }

        return values;
    }
}
