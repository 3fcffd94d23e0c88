using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The query behind a name: what <c>CREATE VIEW name AS query</c> and <c>CREATE TABLE|VIEW name FROM files (options)</c> stand for.</summary>
internal static class SqlDefinition
{
    // Longer ones make every statement slow that names the table.
    private const int CharsMax = 64 << 10;

    private const string FilesForm = "CREATE TABLE name FROM 'files' (option = value, ...)";

    /// <summary>The query.</summary>
    /// <param name="sql">The whole statement.</param>
    /// <param name="change">Its beginning.</param>
    /// <exception cref="FlowException"><c>bad_input</c>, with the place in the statement; <c>unsupported</c>: an option or ending that there is no reader for.</exception>
    public static string Read(string sql, SqlChange change)
    {
        var tokens = SqlTokens.Read(sql);
        while (tokens.Count > 0 && tokens[^1].IsMark(';'))
        {
            tokens = [.. tokens.SkipLast(1)];
        }

        var first = tokens.Index().FirstOrDefault(token => token.Item.Start == change.RestAt, (Index: tokens.Count, default)).Index;
        var query = change.Kind == SqlChangeKind.NameFiles ? new FilesReader(sql, tokens, first + 1).Read() : ReadQuery(sql, tokens, first);
        return query.Length <= CharsMax
            ? query
            : throw new FlowException(FlowErrorCode.LimitExceeded, $"The query behind '{change.Target}' has {query.Length} characters; the most is {CharsMax}.");
    }

    /// <summary>A fault in a statement, with its place.</summary>
    internal static FlowException Fault(string sql, int position, string what, FlowErrorCode code = FlowErrorCode.BadInput)
    {
        var before = sql.AsSpan(0, Math.Min(position, sql.Length));
        var line = before.Count('\n') + 1;
        return new FlowException(code, string.Create(CultureInfo.InvariantCulture, $"{what} (line {line}, character {position - before.LastIndexOf('\n')})"));
    }

    private static string ReadQuery(string sql, IReadOnlyList<SqlToken> tokens, int at)
    {
        var columns = "";
        if (at < tokens.Count && tokens[at].IsMark('('))
        {
            var open = at;
            while (at < tokens.Count && !tokens[at].IsMark(')'))
            {
                at++;
            }

            columns = at < tokens.Count ? sql[tokens[open].Start..tokens[at].End] : "";
            at++;
        }

        if (at + 1 >= tokens.Count || !tokens[at].Is("as"))
        {
            throw Fault(sql, at < tokens.Count ? tokens[at].Start : sql.Length, "A view is written CREATE VIEW name AS query, or CREATE VIEW name FROM 'files'");
        }

        var query = sql[tokens[at].End..tokens[^1].End].Trim();
        return columns.Length == 0 ? query : $"SELECT * FROM ({query}\n) AS renamed{columns}";
    }

    /// <summary>Reads what is behind FROM.</summary>
    private sealed class FilesReader(string sql, IReadOnlyList<SqlToken> tokens, int at)
    {
        private static readonly (string Name, TableFormat Format)[] Formats = [("parquet", TableFormat.Parquet), ("csv", TableFormat.Csv), ("json", TableFormat.Json), ("arrow", TableFormat.Arrow)];

        public string Read()
        {
            if (at >= tokens.Count)
            {
                throw Fault(sql, sql.Length, $"There are no files behind FROM; write {FilesForm}");
            }

            if (tokens[at].Kind == SqlTokenKind.Name && TableReaders.Reads(tokens[at].Value))
            {
                // A reader is called as in any query; the engine parses it.
                return $"SELECT * FROM {sql[tokens[at].Start..tokens[^1].End]}";
            }

            var paths = ReadPaths();
            var options = SqlOptionList.Read(sql, tokens, at, FilesForm);
            if (options.Find(option => option.Value.Length == 0) is { } empty)
            {
                throw Fault(sql, empty.Start, $"The option '{empty.Name}' has no value; write {empty.Name} = value");
            }

            var format = FormatOf(paths, options);
            foreach (var option in options)
            {
                if (!TableReaders.OptionsOf(format).Contains(option.Name))
                {
                    throw Fault(
                        sql,
                        option.Start,
                        $"Tables over {format} files do not take the option '{option.Name}'; they take {string.Join(", ", TableReaders.OptionsOf(format).Order(StringComparer.Ordinal))}",
                        FlowErrorCode.Unsupported);
                }
            }

            var arguments = string.Concat(options.Select(option => $", {option.Name} = {option.Value}"));
            return $"SELECT * FROM {TableReaders.FunctionOf(format)}([{string.Join(", ", paths.Select(path => Engine.EngineText.Literal(path.Value)))}]{arguments})";
        }

        private List<SqlToken> ReadPaths()
        {
            var paths = new List<SqlToken>();
            if (tokens[at].IsMark('['))
            {
                do
                {
                    at++;
                    paths.Add(ReadPath());
                }
                while (at < tokens.Count && tokens[at].IsMark(','));
                SqlOptionList.Take(sql, tokens, ref at, ']', FilesForm);
            }
            else
            {
                paths.Add(ReadPath());
            }

            return paths;
        }

        private SqlToken ReadPath()
        {
            if (at >= tokens.Count || tokens[at].Kind != SqlTokenKind.Text || tokens[at].Value.Length == 0)
            {
                throw Fault(sql, at < tokens.Count ? tokens[at].Start : sql.Length, $"A path is missing; write it between single quotes: {FilesForm}");
            }

            var path = tokens[at++];
            return Path.IsPathFullyQualified(path.Value) || path.Value.Contains("://", StringComparison.Ordinal)
                ? path
                : throw Fault(sql, path.Start, $"The path '{path.Value}' is not absolute, and every process has a folder of its own; write it from the root on");
        }

        private TableFormat FormatOf(List<SqlToken> paths, List<SqlOption> options)
        {
            if (options.FindIndex(option => option.Name == "format" && Formats.Any(format => format.Name.Equals(option.Tokens[0].Value, StringComparison.OrdinalIgnoreCase))) is >= 0 and var said)
            {
                var value = options[said].Tokens[0].Value;
                options.RemoveAt(said);
                return Formats.First(format => format.Name.Equals(value, StringComparison.OrdinalIgnoreCase)).Format;
            }

            var path = paths[0];
            return TableSource.FormatOf(path.Value) ?? throw Fault(
                sql,
                path.Start,
                $"The ending of '{path.Value}' does not say how it is written; name it .parquet, .csv, .json or .arrow, or add (format = parquet), (format = csv), (format = json) or (format = arrow)",
                FlowErrorCode.Unsupported);
        }
    }
}
