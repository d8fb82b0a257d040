namespace Nearfar.Search;

/// <summary>Order of documents whose scores tie: ids descending in UTF-8 bytes, as trec_eval breaks ties.</summary>
internal static class DocumentOrder
{
    /// <summary>For each document its place among all; the smaller place comes first.</summary>
    public static int[] Of(IEnumerable<string> ids)
    {
        string[] keys = [.. ids];
        int[] sorted = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(sorted, (a, b) => Utf8Order.Compare(keys[b], keys[a]));
        int[] place = new int[keys.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            place[sorted[i]] = i;
        }

        return place;
    }
}
