using System.Text;

namespace OrleansFlow.Cli.Commands.Sql;

/// <summary>Reads lines of a terminal: arrows move, up and down bring back statements of the history, Ctrl-C drops the line, Ctrl-D ends.</summary>
internal sealed class LineEditor(SqlHistory history)
{
    /// <summary>Reads a line.</summary>
    /// <param name="prompt">Shown before it.</param>
    /// <returns>Null: the user wants to end; empty also for a line that was dropped.</returns>
    public string? Read(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            return Console.In.ReadLine();
        }

        var treats = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            return ReadKeys(prompt);
        }
        finally
        {
            Console.TreatControlCAsInput = treats;
        }
    }

    private string? ReadKeys(string prompt)
    {
        var line = new StringBuilder();
        var (cursor, shown, recalled) = (0, 0, history.Entries.Count);
        Console.Write(prompt);
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            var hasControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.WriteLine();
                    return line.ToString();
                case ConsoleKey.C when hasControl:
                    Console.WriteLine("^C");
                    return "";
                case ConsoleKey.D when hasControl && line.Length == 0:
                    Console.WriteLine();
                    return null;
                case ConsoleKey.Backspace when cursor > 0:
                    line.Remove(--cursor, 1);
                    break;
                case ConsoleKey.Delete when cursor < line.Length:
                    line.Remove(cursor, 1);
                    break;
                case ConsoleKey.LeftArrow when cursor > 0:
                    cursor--;
                    break;
                case ConsoleKey.RightArrow when cursor < line.Length:
                    cursor++;
                    break;
                case ConsoleKey.Home:
                    cursor = 0;
                    break;
                case ConsoleKey.End:
                    cursor = line.Length;
                    break;
                case ConsoleKey.UpArrow when recalled > 0:
                    cursor = Recall(line, --recalled);
                    break;
                case ConsoleKey.DownArrow when recalled < history.Entries.Count:
                    cursor = Recall(line, ++recalled);
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        line.Insert(cursor++, key.KeyChar);
                    }

                    break;
            }

            // The whole line again: it is short, and terminals are fast.
            Console.Write($"\r{prompt}{line}{new string(' ', Math.Max(0, shown - line.Length))}\r{prompt}{line.ToString(0, cursor)}");
            shown = line.Length;
        }
    }

    private int Recall(StringBuilder line, int index)
    {
        line.Clear();
        if (index < history.Entries.Count)
        {
            // A statement of several lines comes back as one.
            line.Append(history.Entries[index].ReplaceLineEndings(" ")).Append(';');
        }

        return line.Length;
    }
}
