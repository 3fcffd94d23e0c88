using System.Globalization;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Files of functions that a text names.</summary>
public static class FunctionFiles
{
    /// <summary>Most bytes of a file.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    /// <summary>Reads files below or beside a folder.</summary>
    /// <param name="folder">What relative paths begin at.</param>
    /// <returns>What <see cref="StreamPlanOptions.ReadFunctionFile"/> takes; it throws what reading a file throws.</returns>
    public static Func<string, byte[]> Below(string folder) => path =>
    {
        var full = Path.GetFullPath(path, Path.GetFullPath(folder));
        var length = new FileInfo(full).Length;
        return length <= BytesMax
            ? File.ReadAllBytes(full)
            : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the file has {length} bytes; a function has at most {BytesMax}"));
    };

    /// <summary>Writes the content of files into the text in their place, so that it can be handed to a gateway, which has not got them.</summary>
    /// <param name="text">Statements.</param>
    /// <param name="readFile">Reads a file.</param>
    /// <returns>A text with the same statements.</returns>
    /// <exception cref="FlowException"><c>bad_input</c>: the text is wrong; <c>bad_function</c>: a file cannot be read.</exception>
    public static string Inline(string text, Func<string, byte[]> readFile)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(readFile);
        var result = new StringBuilder();
        var at = 0;
        foreach (var function in StreamSqlParser.Parse(text).OfType<CreateFunctionStatement>())
        {
            if (function.From is { } path && !path.Contains("://", StringComparison.Ordinal))
            {
                result.Append(text, at, function.FromSpan.Start - at).Append("AS ").Append(Write(function, path, readFile));
                at = function.FromSpan.End;
            }
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string Write(CreateFunctionStatement function, string path, Func<string, byte[]> readFile)
    {
        try
        {
            var content = readFile(path);
            if (function.Language == FunctionLanguage.Assembly)
            {
                return $"'{Convert.ToBase64String(content)}'";
            }

            // As it is: what the hash is of must not change.
            var source = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content);
            var number = 0;
            while (source.Contains(Tag(number), StringComparison.Ordinal))
            {
                number++;
            }

            return $"{Tag(number)}{source}{Tag(number)}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FlowException(FlowErrorCode.BadFunction, $"Function '{function.Name}': FROM '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static string Tag(int number) => string.Create(CultureInfo.InvariantCulture, $"$flow{number}$");
}
