using System.Globalization;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Storage.Kill;

/// <summary>
/// The process that <see cref="KillRounds"/> kills: single states and batches of several writers at once, each acknowledged on standard
/// output after the store acknowledged it.
/// </summary>
internal static class StoreWriter
{
    public const string Mode = "store-writer";
    public const int Writers = 16;
    private const int TextChars = 3_000;

    public static GrainId Single(int writer) => GrainId.Create("single", writer.ToString(CultureInfo.InvariantCulture));

    public static GrainId Several(int writer) => GrainId.Create("several", writer.ToString(CultureInfo.InvariantCulture));

    /// <summary>Names of the states that one batch writes.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["part-0", "part-1", "part-2"];

    /// <summary>A text in which a missing half would show.</summary>
    public static string Text(int number)
    {
        var one = string.Create(CultureInfo.InvariantCulture, $"{number};");
        return string.Concat(Enumerable.Repeat(one, TextChars / one.Length));
    }

    /// <summary>Number of a text; 0 of a state that was never written.</summary>
    public static int NumberOf(string text)
    {
        var number = text.Length == 0 ? 0 : int.Parse(text.Split(';')[0], CultureInfo.InvariantCulture);
        Assert.Equal(number == 0 ? "" : Text(number), text);
        return number;
    }

    /// <summary>Writes until it is killed.</summary>
    /// <param name="kind">See <see cref="KillableStore"/>.</param>
    /// <param name="place">Path or connection string.</param>
    public static async Task<int> RunAsync(string kind, string place)
    {
        await using var store = await KillableStore.OpenAsync(kind, place, CancellationToken.None);
        var output = TextWriter.Synchronized(Console.Out);
        await Task.WhenAll(Enumerable.Range(0, Writers).SelectMany(writer => (Task[])[SingleAsync(store, writer, output), SeveralAsync(store, writer, output)]));
        return 0;
    }

    private static async Task SingleAsync(KillableStore store, int writer, TextWriter output)
    {
        var state = await store.ReadAsync(Single(writer), "note");
        for (var number = NumberOf(state.State.Text) + 1; ; number++)
        {
            state.State = new Note { Text = Text(number) };
            await store.States.WriteStateAsync("note", Single(writer), state);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"single {writer} {number}"));
        }
    }

    private static async Task SeveralAsync(KillableStore store, int writer, TextWriter output)
    {
        var etags = new List<string?>();
        var number = 1;
        foreach (var part in Parts)
        {
            var state = await store.ReadAsync(Several(writer), part);
            etags.Add(state.ETag);
            number = NumberOf(state.State.Text) + 1;
        }

        for (; ; number++)
        {
            var changes = Parts.Select((part, index) => new GrainStateChange(part, typeof(Note), new Note { Text = Text(number) }, etags[index])).ToList();
            await store.Batches.WriteAsync(Several(writer).ToString(), changes, CancellationToken.None);
            etags = [.. changes.Select(change => change.NextETag)];
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"several {writer} {number}"));
        }
    }
}
