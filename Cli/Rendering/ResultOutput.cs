using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Client.Queries;
using Spectre.Console;

namespace OrleansFlow.Cli.Rendering;

/// <summary>Writes a result's batches as they arrive. A file is written under a temporary name, so that it is whole or not there.</summary>
internal static class ResultOutput
{
    /// <summary>Rows that a terminal table shows when no limit is given: more would only scroll by.</summary>
    private const long TableRows = 50;

    public static async Task WriteAsync(ResultRows result, ResultFormat format, long limit, string? path, CancellationToken cancellationToken)
    {
        if (format == ResultFormat.Table && path is null)
        {
            await WriteTableAsync(result, limit > 0 ? limit : TableRows, cancellationToken);
            return;
        }

        if (path is null)
        {
            await using var output = Console.OpenStandardOutput();
            await WriteAsync(result, format, limit, output, cancellationToken);
            return;
        }

        var temporary = path + ".part";
        try
        {
            await using (var file = File.Create(temporary))
            {
                await WriteAsync(result, format, limit, file, cancellationToken);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Prints the last column of each row as it is: plans are drawn.</summary>
    public static async Task WritePlainAsync(FlowQuery query, CancellationToken cancellationToken)
    {
        await foreach (var batch in query.WithCancellation(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    await Console.Out.WriteLineAsync(Text(batch.Column(batch.ColumnCount - 1).GetValue(row)).TrimEnd());
                }
            }
        }
    }

    private static Task WriteAsync(ResultRows result, ResultFormat format, long limit, Stream output, CancellationToken cancellationToken) => format switch
    {
        ResultFormat.Arrow => WriteArrowAsync(result, limit, output, cancellationToken),
        ResultFormat.Json => WriteJsonAsync(result, limit, output, cancellationToken),
        _ => WriteCsvAsync(result, limit, output, cancellationToken),
    };

    private static async Task WriteArrowAsync(ResultRows result, long limit, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new ArrowStreamWriter(output, result.Schema, leaveOpen: true);
        await foreach (var batch in LimitedAsync(result, limit, cancellationToken))
        {
            using (batch)
            {
                await writer.WriteAsync(batch, cancellationToken);
            }
        }

        await writer.EndAsync(cancellationToken);
    }

    private static async Task WriteJsonAsync(ResultRows result, long limit, Stream output, CancellationToken cancellationToken)
    {
        var names = result.Schema.Fields.Select(field => JsonEncodedText.Encode(field.Name)).ToArray();
        await foreach (var batch in LimitedAsync(result, limit, cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    await using (var json = new Utf8JsonWriter(output))
                    {
                        json.WriteStartObject();
                        for (var column = 0; column < names.Length; column++)
                        {
                            json.WritePropertyName(names[column]);
                            WriteJsonValue(json, batch.Column(column).GetValue(row));
                        }

                        json.WriteEndObject();
                    }

                    output.WriteByte((byte)'\n');
                }
            }
        }
    }

    private static void WriteJsonValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool boolean:
                json.WriteBooleanValue(boolean);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case double number when !double.IsFinite(number):
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double or float or decimal or sbyte or byte or short or ushort or int or uint or long or ulong:
                json.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static async Task WriteCsvAsync(ResultRows result, long limit, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', result.Schema.Fields.Select(field => Quoted(field.Name))));
        await foreach (var batch in LimitedAsync(result, limit, cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    for (var column = 0; column < result.Schema.Fields.Count; column++)
                    {
                        if (column > 0)
                        {
                            await writer.WriteAsync(',');
                        }

                        await writer.WriteAsync(Quoted(Text(batch.Column(column).GetValue(row))));
                    }

                    await writer.WriteLineAsync();
                }
            }
        }
    }

    private static async Task WriteTableAsync(ResultRows result, long limit, CancellationToken cancellationToken)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var field in result.Schema.Fields)
        {
            table.AddColumn(Markup.Escape(field.Name));
        }

        var shown = 0L;
        await foreach (var batch in LimitedAsync(result, limit, cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++, shown++)
                {
                    table.AddRow([.. Enumerable.Range(0, result.Schema.Fields.Count).Select(column => new Text(Text(batch.Column(column).GetValue(row))))]);
                }
            }
        }

        AnsiConsole.Write(table);
        Console.WriteLine(
            result.TotalRows > shown ? $"{shown} of {result.TotalRows} rows; --limit shows more"
            : result.TotalRows < 0 && shown == limit ? $"the first {shown} rows; --limit shows more"
            : $"{shown} rows");
    }

    private static async IAsyncEnumerable<RecordBatch> LimitedAsync(
        ResultRows result, long limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = limit > 0 ? limit : long.MaxValue;
        await foreach (var batch in result.Read(cancellationToken))
        {
            if (batch.RowCount <= left)
            {
                left -= batch.RowCount;
                yield return batch;
            }
            else
            {
                using (batch)
                {
                    yield return batch.Slice(0, (int)left);
                }

                left = 0;
            }

            if (left == 0)
            {
                yield break;
            }
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
