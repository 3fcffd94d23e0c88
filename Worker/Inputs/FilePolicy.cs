using System.Text;
using System.Text.RegularExpressions;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;

namespace OrleansFlow.Worker.Inputs;

/// <summary>Finds the files that a graph names, and none outside the worker's allowed folders, whatever links lead there.</summary>
/// <remarks>
/// A path is a name of the graph's <c>files</c>, an absolute path, or one relative to the allowed folders; <c>*</c>, <c>?</c> and <c>**</c> match names.
/// What a pattern finds is ordered by path, ordinal, so that every attempt and every task finds the same.
/// </remarks>
internal sealed class FilePolicy(IEnumerable<string> roots, int filesMax)
{
    private const int LinksMax = 40;

    private readonly string[] _roots = [.. roots.Select(root => RealPathOf(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))))];

    /// <summary>The files of some paths: those of the first path, then those of the second, none twice.</summary>
    /// <exception cref="FlowException"><c>bad_input_args</c>: outside the allowed folders, or too many; <c>data_file_missing</c>: a path without a pattern names no file.</exception>
    public IReadOnlyList<string> Find(AdapterCall call, string argument, IReadOnlyList<string> paths)
    {
        if (_roots.Length == 0)
        {
            throw call.Refuse(
                argument, $"this worker may read no files; name the folders that it may in {InputAdapterOptions.SectionName}:{nameof(InputAdapterOptions.Roots)}.");
        }

        var found = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var candidates = (call.Context.Files.TryGetValue(path, out var named) ? named : path) is var wanted && Path.IsPathFullyQualified(wanted)
                ? FindOne(call, argument, path, Path.GetFullPath(wanted))
                : _roots.SelectMany(root => FindOne(call, argument, path, Path.GetFullPath(Path.Combine(root, wanted))));
            var hasAny = false;
            foreach (var file in candidates)
            {
                hasAny = true;
                if (seen.Add(file))
                {
                    found.Add(file);
                }

                if (found.Count > filesMax)
                {
                    throw call.Refuse(
                        argument, $"'{path}' finds more than {filesMax} files; narrow it, or raise {InputAdapterOptions.SectionName}:{nameof(InputAdapterOptions.FilesMax)}.");
                }
            }

            if (!hasAny && !IsPattern(wanted))
            {
                throw new FlowException(
                    FlowErrorCode.DataFileMissing, $"There is no file '{path}' that this worker may read (argument '{argument}' of input adapter '{call.Adapter}').");
            }
        }

        return found;
    }

    private IEnumerable<string> FindOne(AdapterCall call, string argument, string given, string path)
    {
        var parts = path.Split('/');
        var fixedCount = Array.FindIndex(parts, IsPattern);
        if (fixedCount < 0)
        {
            return File.Exists(path) ? [Allowed(call, argument, given, path)] : IsBelowARoot(path) ? [] : throw Outside(call, argument, given);
        }

        var folder = string.Join('/', parts.AsSpan(0, fixedCount));
        if (!IsBelowARoot(folder.Length == 0 ? "/" : folder))
        {
            throw Outside(call, argument, given);
        }

        if (!Directory.Exists(folder))
        {
            return [];
        }

        var regex = RegexOf(string.Join('/', parts.AsSpan(fixedCount)));
        var depth = parts.AsSpan(fixedCount).Contains("**") ? int.MaxValue : parts.Length - fixedCount - 1;
        var options = new EnumerationOptions { RecurseSubdirectories = depth > 0, MaxRecursionDepth = depth, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };
        return Directory.EnumerateFiles(folder, "*", options)
            .Where(file => regex.IsMatch(Path.GetRelativePath(folder, file)))
            .Select(file => Allowed(call, argument, given, file))
            .Order(StringComparer.Ordinal);
    }

    private string Allowed(AdapterCall call, string argument, string given, string file) =>
        IsBelowARoot(file) ? file : throw Outside(call, argument, given);

    private bool IsBelowARoot(string path)
    {
        var real = RealPathOf(path);
        return _roots.Any(root => real == root || real.StartsWith(root.EndsWith('/') ? root : root + "/", StringComparison.Ordinal));
    }

    private FlowException Outside(AdapterCall call, string argument, string given) => call.Refuse(
        argument,
        $"'{given}' leads out of the folders that this worker may read ({string.Join(", ", _roots)}); see {InputAdapterOptions.SectionName}:{nameof(InputAdapterOptions.Roots)}.");

    private static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?');

    private static Regex RegexOf(string pattern)
    {
        var text = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern.AsSpan(i).StartsWith("**/"))
            {
                text.Append("(?:[^/]+/)*");
                i += 2;
            }
            else if (pattern.AsSpan(i).StartsWith("**"))
            {
                text.Append(".*");
                i++;
            }
            else
            {
                text.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", var other => Regex.Escape(other.ToString()) });
            }
        }

        return new Regex(text.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    /// <summary>The path with every link of every part followed; parts that do not exist stay as they are.</summary>
    private static string RealPathOf(string path)
    {
        var links = 0;
        var real = "/";
        var left = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (left.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            var next = Path.Combine(real, part);
            if (part == "." || new FileInfo(next).LinkTarget is not { } target)
            {
                real = part == "." ? real : next;
                continue;
            }

            if (++links > LinksMax)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"'{path}' passes more than {LinksMax} links; they may form a circle.");
            }

            real = Path.IsPathRooted(target) ? "/" : real;
            foreach (var further in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                left.Push(further);
            }
        }

        return real;
    }
}
