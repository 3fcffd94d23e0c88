using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>A type that parameters and results of users' functions have.</summary>
/// <param name="Sql">As the engine writes it.</param>
/// <param name="Clr">What C# code gets.</param>
/// <param name="CSharp">The same as C# writes it.</param>
/// <param name="Code">The same between this process and one of Python.</param>
internal sealed record FunctionType(string Sql, Type Clr, string CSharp, char Code)
{
    private const int DecimalWidth = 38;

    private static readonly Dictionary<string, FunctionType> Known = new(StringComparer.OrdinalIgnoreCase);

    static FunctionType()
    {
        Add(new FunctionType("BOOLEAN", typeof(bool), "bool", '?'), "BOOL", "LOGICAL");
        Add(new FunctionType("SMALLINT", typeof(short), "short", 'h'), "INT2", "SHORT");
        Add(new FunctionType("INTEGER", typeof(int), "int", 'i'), "INT", "INT4");
        Add(new FunctionType("BIGINT", typeof(long), "long", 'q'), "INT8", "LONG");
        Add(new FunctionType("FLOAT", typeof(float), "float", 'f'), "REAL", "FLOAT4");
        Add(new FunctionType("DOUBLE", typeof(double), "double", 'd'), "FLOAT8", "DOUBLE PRECISION");
        Add(new FunctionType("VARCHAR", typeof(string), "string", 's'), "TEXT", "STRING", "CHAR");
        Add(new FunctionType("BLOB", typeof(byte[]), "byte[]", 'b'), "BYTEA", "BINARY", "VARBINARY");
        Add(new FunctionType("DATE", typeof(DateOnly), "global::System.DateOnly", 'D'));
        Add(new FunctionType("TIME", typeof(TimeOnly), "global::System.TimeOnly", 'T'));
        Add(new FunctionType("TIMESTAMP", typeof(DateTime), "global::System.DateTime", 't'), "DATETIME");
        Add(new FunctionType("TIMESTAMP WITH TIME ZONE", typeof(DateTimeOffset), "global::System.DateTimeOffset", 'z'), "TIMESTAMPTZ");
    }

    /// <summary>Whether it is a decimal.</summary>
    public bool IsDecimal => Clr == typeof(decimal);

    /// <summary>Digits behind the point of a decimal.</summary>
    public int Scale { get; private init; }

    /// <summary>Reads a type.</summary>
    /// <param name="function">Whose it is, for the message.</param>
    /// <param name="text">As somebody wrote it.</param>
    /// <exception cref="FlowException">Functions do not take it (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public static FunctionType Of(string function, string text)
    {
        var words = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (Known.TryGetValue(words, out var known))
        {
            return known;
        }

        return TryDecimal(words, out var scale)
            ? new FunctionType(string.Create(CultureInfo.InvariantCulture, $"DECIMAL({DecimalWidth},{scale})"), typeof(decimal), "decimal", 'm') { Scale = scale }
            : throw new FlowException(
                FlowErrorCode.BadFunction,
                $"Function '{function}': '{text}' is no type that functions take or give. Use BOOLEAN, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL(38, 0 to 28), TEXT, BLOB, DATE, TIME, TIMESTAMP or TIMESTAMPTZ, and CAST in the query.");
    }

    private static void Add(FunctionType type, params ReadOnlySpan<string> names)
    {
        Known[type.Sql] = type;
        foreach (var name in names)
        {
            Known[name] = type;
        }
    }

    /// <summary>DECIMAL, DECIMAL(width) and DECIMAL(width, scale): the width is always the widest, so only the scale is of interest.</summary>
    private static bool TryDecimal(string words, out int scale)
    {
        scale = Engine.Functions.FunctionOptions.Default.DecimalScale;
        var open = words.IndexOf('(', StringComparison.Ordinal);
        var name = (open < 0 ? words : words[..open]).Trim().ToUpperInvariant();
        if (name is not ("DECIMAL" or "NUMERIC") || (open >= 0 && words[^1] != ')'))
        {
            return false;
        }

        if (open < 0)
        {
            return true;
        }

        var parts = words[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
        var isWidth = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width) && width is >= 1 and <= DecimalWidth;
        scale = 0;
        return isWidth && (parts.Length == 1
            || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out scale) && scale <= Math.Min(width, Engine.Functions.FunctionOptions.DecimalScaleMax)));
    }
}
