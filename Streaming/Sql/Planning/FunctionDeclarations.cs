using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Streaming.Sql.Statements;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Makes of <c>CREATE FUNCTION</c> what a program lists.</summary>
internal static class FunctionDeclarations
{
    private const int FunctionsMax = 256;

    /// <summary>The functions of a text, each checked.</summary>
    /// <exception cref="FlowException"><c>bad_function</c>: a declaration is wrong; <c>bad_input</c>: a name is used twice, a file cannot be read.</exception>
    public static List<FunctionSignature> Of(IEnumerable<StreamStatement> statements, Func<string, byte[]>? readFile)
    {
        var functions = new Dictionary<string, FunctionSignature>(StringComparer.OrdinalIgnoreCase);
        foreach (var statement in statements.OfType<CreateFunctionStatement>())
        {
            if (!functions.TryAdd(statement.Name, new FunctionSignature(Declare(statement, readFile))))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"There is a function '{statement.Name}' already; functions of a text have no overloads.");
            }
        }

        return functions.Count <= FunctionsMax
            ? [.. functions.Values]
            : throw new FlowException(FlowErrorCode.LimitExceeded, $"The text has {functions.Count} functions; {FunctionsMax} are taken.");
    }

    /// <summary>The engine would make overloads of functions that have the same name as its own, and which of them is called would depend on the types.</summary>
    /// <exception cref="FlowException"><c>bad_function</c>: a name is SQL's.</exception>
    public static async Task RefuseTakenNamesAsync(IReadOnlyList<FunctionSignature> functions, SqlPlanner planner, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM (
                SELECT lower(function_name) AS name FROM duckdb_functions()
                WHERE list_contains(string_split(CAST($1 AS VARCHAR), ','), lower(function_name)) GROUP BY ALL HAVING count(*) > 1)
            """;
        if (functions.Count > 0
            && await planner.TextAsync(sql, [string.Join(',', functions.Select(function => function.Function.Name.ToLowerInvariant()))], cancellationToken) is { Length: > 0 } taken)
        {
            throw new FlowException(FlowErrorCode.BadFunction, $"SQL has functions of these names already: {taken}. Choose others for those of the text.");
        }
    }

    private static UserFunction Declare(CreateFunctionStatement statement, Func<string, byte[]>? readFile)
    {
        var function = new UserFunction
        {
            Name = statement.Name,
            Language = statement.Language,
            Version = statement.Version,
            Entry = statement.Entry,
            ResultType = statement.ResultType,
            GivesNullOnError = statement.GivesNullOnError,
        };
        function.Parameters.Add(statement.Parameters.Select(one => new FunctionParameter { Name = one.Name, Type = one.Type, IsNullable = one.IsNullable }));
        if (!FunctionLanguage.All.Contains(function.Language))
        {
            throw FunctionSignature.Bad(function, $"there is no such language; use {string.Join(", ", FunctionLanguage.All)}");
        }

        var hash = statement.Hash is null ? null : ReadHash(function, statement.Hash);
        if (statement.From is { } url && (url.StartsWith("s3://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("file:///", StringComparison.OrdinalIgnoreCase)))
        {
            function.ContentUrl = url;
            function.ContentHash = ByteString.CopyFrom(hash ?? throw FunctionSignature.Bad(function, $"FROM '{url}' needs HASH and the SHA-256 of the object, so that all workers load the same"));
            return function;
        }

        var content = statement.Content is { } written ? Decode(function, written) : ReadFile(function, statement.From!, readFile);
        function.Content = ByteString.CopyFrom(content);
        function.ContentHash = ByteString.CopyFrom(SHA256.HashData(content));
        return hash is null || function.ContentHash.Span.SequenceEqual(hash)
            ? function
            : throw FunctionSignature.Bad(function, $"its content has the SHA-256 {Convert.ToHexStringLower(function.ContentHash.Span)}, and HASH says {Convert.ToHexStringLower(hash)}");
    }

    private static byte[] Decode(UserFunction function, string written)
    {
        if (function.Language != FunctionLanguage.Assembly)
        {
            return Encoding.UTF8.GetBytes(written);
        }

        try
        {
            return Convert.FromBase64String(written);
        }
        catch (FormatException exception)
        {
            throw FunctionSignature.Bad(function, "AS takes an assembly in Base64, and this is none; use FROM and a file", exception);
        }
    }

    private static byte[] ReadFile(UserFunction function, string path, Func<string, byte[]>? readFile)
    {
        if (readFile is null)
        {
            throw FunctionSignature.Bad(function, $"FROM '{path}' is a file, and files are not read here; write the content down (AS), or name an object: file:///..., s3://bucket/...");
        }

        try
        {
            return readFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw FunctionSignature.Bad(function, $"FROM '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static byte[] ReadHash(UserFunction function, string digits)
    {
        try
        {
            var hash = Convert.FromHexString(digits);
            return hash.Length == SHA256.HashSizeInBytes ? hash : throw new FormatException();
        }
        catch (FormatException exception)
        {
            throw FunctionSignature.Bad(function, $"HASH '{digits}' is no SHA-256; it has 64 hexadecimal digits", exception);
        }
    }
}
