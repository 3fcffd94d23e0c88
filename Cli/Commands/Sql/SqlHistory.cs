using System.Text.Json;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary>Statements of earlier sessions, one JSON text a line, in a file that only its user reads. What cannot be kept is not worth an error.</summary>
internal sealed class SqlHistory
{
    private const int EntriesMax = 1_000;

    private readonly string? _path;
    private readonly List<string> _entries = [];

    /// <summary>Reads a file; one that is missing or damaged is as an empty one.</summary>
    /// <param name="path">Null: nothing is kept.</param>
    public SqlHistory(string? path)
    {
        _path = path;
        try
        {
            foreach (var line in path is not null && File.Exists(path) ? File.ReadLines(path) : [])
            {
                if (JsonSerializer.Deserialize<string>(line) is { Length: > 0 } entry)
                {
                    _entries.Add(entry);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // What was read so far is all there is.
        }
    }

    /// <summary>The statements, oldest first.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>The usual place.</summary>
    public static string DefaultPath => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".flow_sql_history");

    /// <summary>Adds a statement; one that is the last already is not repeated.</summary>
    public void Add(string statement)
    {
        if (_entries.Count > 0 && _entries[^1] == statement)
        {
            return;
        }

        _entries.Add(statement);
        if (_entries.Count > EntriesMax)
        {
            _entries.RemoveRange(0, _entries.Count - EntriesMax);
        }

        Save();
    }

    private void Save()
    {
        if (_path is null)
        {
            return;
        }

        try
        {
            var temporary = _path + ".part";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new StreamWriter(new FileStream(temporary, options)))
            {
                foreach (var entry in _entries)
                {
                    file.WriteLine(JsonSerializer.Serialize(entry));
                }
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The session goes on without.
        }
    }
}
