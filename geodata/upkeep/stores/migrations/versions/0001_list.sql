-- The list in PostgreSQL. All names are qualified: nothing depends on a search path.
--
-- maillage_proprietaire owns everything and is used by migrations and the operator's commands alone.
-- maillage_lecture reads the views that end in _lue, _lus; maillage_edition changes rows, under
-- row-level security, in the name of a role of `droits` (the setting maillage.role).

create extension if not exists postgis with schema public;
grant usage on schema maillage to maillage_lecture, maillage_edition;

-- ---- what a cell means, as geodata.secrecy and geodata.services read it ---------------------
-- (Bodies are expressions, not texts: a dump then knows what each needs, and restores it first.)

create function maillage.fold(text) returns text immutable strict parallel safe
  return btrim(regexp_replace(
    lower(translate($1, 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü', 'AAACEEEEIIOOUUUaaaceeeeiioouuu')),
    '[^a-z0-9]+', ' ', 'g'));

-- The level of a row; null where the reader would leave the row out.
create function maillage.level_of(confidentialite text, type text)
returns text immutable parallel safe
  return case
    when confidentialite = '' and maillage.fold(type) = 'hebergement' then 'departement'
    when confidentialite = '' then 'public'
    when confidentialite !~ '^[[:alpha:]]+([ _-][[:alpha:]]+)*$' then null
    when replace(maillage.fold(confidentialite), ' ', '_')
      in ('public', 'commune', 'departement', 'non_publie')
      then replace(maillage.fold(confidentialite), ' ', '_')
  end;

-- The département whose editors keep a row; '' where none is sure: editors of all France keep it.
create function maillage.home_of(code_insee text, code_postal text, departement text, zone text)
returns text immutable parallel safe
  return case
    when code_insee ~ '^9[78][0-9]{3}$' then left(code_insee, 3)
    when code_insee ~ '^([0-9]{2}|2[AB])[0-9]{3}$' then left(code_insee, 2)
    when code_insee ~ '^[0-9]{4}$' then '0' || left(code_insee, 1)
    when departement ~ '^[0-9]$' then '0' || departement
    when departement ~ '^([0-9]{2}|2[AB]|9[78][0-9])$' then departement
    when code_postal ~ '^9[78][0-9]{3}$' then left(code_postal, 3)
    when code_postal ~ '^[0-9]{5}$' and code_postal !~ '^20' then left(code_postal, 2)
    when zone ~ '^[0-9]$' then '0' || zone
    when zone ~ '^([0-9]{2}|2[AB]|97[0-9])$' then zone
    else ''
  end;

-- A part of geodata.place_words, for who writes without the application, which reads far more.
create function maillage.tells_place(text) returns boolean immutable strict parallel safe
  return maillage.fold($1) ~ (
      '\m[0-9]{1,4} ?(bis|ter|quater|[a-d])? (rue|avenue|av|boulevard|bd|chemin|allees?|impasse|'
      'route|quai|square|sentier|ruelle|hameau|esplanade|faubourg)\M'
      '|\m(rue|avenue|boulevard|impasse|allees?|chemin|quai|square|sentier|ruelle|esplanade) '
      '(du(?! fait)|des|de la|de l|d) ?[a-z]|\mlieu dit\M')
    or $1 ~ '\m[0-9]{5}\s+[A-ZÀ-Þ]|-?[0-9]{1,2}[.,][0-9]{3,}\s*[,;/|]\s*-?[0-9]{1,3}[.,][0-9]{3,}'
    or $1 ~* 'openstreetmap|osm\.org|/maps|maps\.|waze\.|what3words';

create function maillage.degrees(text) returns double precision immutable strict parallel safe
  return case when $1 ~ '^[+-]?[0-9]{1,3}([.,][0-9]+)?$'
    then replace($1, ',', '.')::double precision end;

create function maillage.point_of(latitude text, longitude text, level text)
returns public.geometry(Point, 4326) immutable parallel safe
  return case
    when level = 'public' and abs(maillage.degrees(latitude)) <= 90
      and abs(maillage.degrees(longitude)) <= 180
    then public.st_setsrid(
      public.st_makepoint(maillage.degrees(longitude), maillage.degrees(latitude)), 4326)
  end;

-- ---- tables ---------------------------------------------------------------------------------

-- One row: which state of the list this is, and the change that is being made.
create table maillage.etat (
  une boolean primary key default true check (une),
  version bigint not null default 0,
  marque uuid not null default gen_random_uuid(),
  quand timestamptz not null default now(),
  changement integer not null default 0,
  -- The last version in which readers have lost a row: they then look which. No id is kept for it.
  disparition bigint not null default 0,
  colonnes text[] not null,
  transaction xid8,
  qui text not null default '',
  horodatage text not null default ''
);

-- Each state that the list has had: a server that was promoted may number another one alike.
create table maillage.versions (
  version bigint primary key,
  marque uuid not null
);

create table maillage.fiches (
  id text primary key,
  nom text not null,
  type text not null,
  structure text not null default '',
  adresse text not null default '',
  code_postal text not null default '',
  commune text not null default '',
  code_insee text not null default '',
  departement text not null default '',
  latitude text not null default '',
  longitude text not null default '',
  confidentialite text not null default '',
  telephone text not null default '',
  courriel text not null default '',
  site_web text not null default '',
  horaires_accueil text not null default '',
  horaires_precisions text not null default '',
  acces text not null default '',
  publics text not null default '',
  reseaux text not null default '',
  zone_eligibilite text not null default '',
  aides text not null default '',
  violences text not null default '',
  langues text not null default '',
  accessibilite text not null default '',
  frais text not null default '',
  description text not null default '',
  source text not null,
  lien_source text not null default '',
  date_source text not null default '',
  date_verification text not null default '',
  autres jsonb not null default '{}',
  rang bigint generated by default as identity,
  version bigint not null default 0,
  niveau text not null generated always as (maillage.level_of(confidentialite, type)) stored,
  ressort text not null generated always as
    (maillage.home_of(code_insee, code_postal, departement, zone_eligibilite)) stored,
  point public.geometry(Point, 4326) generated always as
    (maillage.point_of(latitude, longitude, maillage.level_of(confidentialite, type))) stored,
  constraint champs_obligatoires check (id <> '' and nom <> '' and type <> '' and source <> ''),
  constraint type_connu check (
    type ~ '^[[:alpha:]]+([ _-][[:alpha:]]+)*$' and replace(maillage.fold(type), ' ', '-') in (
      'mds', 'commissariat', 'gendarmerie', 'hebergement', 'accueil-de-jour', 'permanence',
      'association', 'ccas', 'justice', 'sante', 'ecoute')),
  constraint niveau_connu check (maillage.level_of(confidentialite, type) is not null),
  constraint lieu_confidentiel_sans_lieu check (
    niveau = 'public' or (adresse = '' and latitude = '' and longitude = '' and autres = '{}')),
  constraint lieu_du_departement_sans_commune check (
    niveau in ('public', 'commune') or (
      commune = '' and code_postal = '' and code_insee = ''
      and zone_eligibilite ~* '^((([0-9]{1,2}|2[AB]|97[0-9]|98[0-9]|france)(\|(?!$)|$))*)$')),
  constraint lieu_confidentiel_sans_adresse check (
    niveau = 'public' or not maillage.tells_place(concat_ws(' ; ', id, nom, structure, telephone,
      courriel, site_web, horaires_precisions, reseaux, description, source, lien_source)))
);
create index on maillage.fiches using gist (point);
create index on maillage.fiches (version);
create index on maillage.fiches (ressort);

-- Where a cell comes from, where that is not the source of its row (geodata.fact_sources).
create table maillage.faits (
  id text not null references maillage.fiches on delete cascade,
  colonne text not null,
  source text not null check (source <> ''),
  lien_source text not null default '',
  date_source text not null default '',
  rang bigint generated by default as identity,
  primary key (id, colonne)
);

-- Who may change what: `role` as the sign-in gives it, codes of départements or 'france'.
create table maillage.droits (
  role text primary key check (role <> ''),
  departements text[] not null check (cardinality(departements) > 0)
);

-- One changed cell a line, written by a trigger. `avant` and `apres` are null where nothing is told.
create table maillage.historique (
  changement integer not null,
  rang integer not null,
  version bigint not null,
  quand text not null,
  qui text not null,
  id text not null,
  colonne text not null,
  avant text,
  apres text,
  source_avant jsonb,
  source_apres jsonb,
  niveau text not null,
  ressort text not null,
  primary key (changement, id, colonne)
);
create index on maillage.historique (id);

-- ---- a change: one at a time, in the order of their versions --------------------------------

-- The version of the change that this transaction makes; the first to ask opens it, and all others
-- wait for its end.
create function maillage.change_version() returns bigint volatile security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  here bigint;
begin
  select version into here from maillage.etat where transaction = pg_current_xact_id();
  if here is null then
    update maillage.etat set version = version + 1, marque = gen_random_uuid(),
      quand = clock_timestamp(), transaction = pg_current_xact_id(), changement = changement + 1,
      qui = coalesce(nullif(current_setting('maillage.role', true), ''), session_user),
      horodatage = coalesce(nullif(current_setting('maillage.quand', true), ''),
        to_char(clock_timestamp() at time zone 'Europe/Paris', 'YYYY-MM-DD"T"HH24:MI:SS'))
      returning version into here;
    insert into maillage.versions select version, marque from maillage.etat;
  end if;
  return here;
end $$;

-- The same, null where this transaction changes nothing.
create function maillage.own_version() returns bigint volatile security definer
language sql set search_path = pg_catalog, pg_temp as $$
  select version from maillage.etat where transaction = pg_current_xact_id_if_assigned()
$$;

create function maillage.my_departements() returns text[] stable security definer
language sql set search_path = pg_catalog, pg_temp as $$
  select coalesce(
    (select departements from maillage.droits where role = current_setting('maillage.role', true)),
    '{}')
$$;

create function maillage.may_write(home text) returns boolean stable
language sql set search_path = pg_catalog, pg_temp as $$
  select home = any (mine) or 'france' = any (mine)
  from (select maillage.my_departements() as mine) as known
$$;

create function maillage.add_columns(names text[]) returns void security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform maillage.change_version();
  update maillage.etat set colonnes = colonnes || array(
    select name from unnest(names) with ordinality as given (name, place)
    where name <> all (colonnes) and name <> '' order by place);
end $$;

-- ---- triggers -------------------------------------------------------------------------------

-- Says what is wrong before the constraints do, whose messages would repeat the whole row in logs.
create function maillage.before_row() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  level text := maillage.level_of(new.confidentialite, new.type);
begin
  if tg_op = 'UPDATE' and new.id <> old.id then
    raise exception 'maillage: l’identifiant d’une fiche ne change pas' using errcode = '23514';
  end if;
  if level is null then
    raise exception 'maillage: confidentialite : ce mot n’est pas connu' using errcode = '23514';
  end if;
  if tg_op = 'UPDATE' and not pg_has_role(current_user, 'maillage_proprietaire', 'member')
    and array_position(array['public', 'commune', 'departement', 'non_publie'], level)
      < array_position(array['public', 'commune', 'departement', 'non_publie'], old.niveau) then
    raise exception 'maillage: un lieu confidentiel deviendrait plus visible'
      using errcode = '23514';
  end if;
  if level <> 'public' and (
    new.adresse <> '' or new.latitude <> '' or new.longitude <> '' or new.autres <> '{}'
    or maillage.tells_place(concat_ws(' ; ', new.id, new.nom, new.structure, new.telephone,
      new.courriel, new.site_web, new.horaires_precisions, new.reseaux, new.description,
      new.source, new.lien_source))
    or (level <> 'commune' and (
      new.commune <> '' or new.code_postal <> '' or new.code_insee <> ''
      or new.zone_eligibilite !~* '^((([0-9]{1,2}|2[AB]|97[0-9]|98[0-9]|france)(\|(?!$)|$))*)$'))
  ) then
    raise exception 'maillage: ce lieu est confidentiel et une case dit où il se trouve'
      using errcode = '23514';
  end if;
  new.version := maillage.change_version();
  return new;
end $$;
create trigger avant before insert or update on maillage.fiches
  for each row execute function maillage.before_row();

-- What a history may tell of a cell of a row that is hidden.
create function maillage.may_tell(colonne text, level text) returns boolean immutable

  return level = 'public' or colonne in ('id', 'confidentialite') or (
    level <> 'non_publie' and colonne in ('telephone', 'horaires_accueil', 'acces', 'publics',
      'aides', 'violences', 'langues', 'accessibilite', 'frais', 'date_source',
      'date_verification'));

create function maillage.cells_of(maillage.fiches) returns jsonb immutable strict
language sql as $$
  select case when $1.id is null then '{}'::jsonb else
    (to_jsonb($1) - '{autres,rang,version,niveau,ressort,point}'::text[]) || $1.autres end
$$;

create function maillage.hides(level text) returns integer immutable strict
  return array_position(array['public', 'commune', 'departement', 'non_publie'], level);

create function maillage.after_row() returns trigger security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  was jsonb := '{}'; becomes jsonb := '{}'; here maillage.etat; key text;
  old_level text; new_level text; level text; old_home text; home text;
begin
  -- An import that begins a list, by the owner alone, has no history, as a new file has none.
  if tg_op = 'INSERT' and current_setting('maillage.commencer', true) = 'oui'
    and pg_has_role(session_user, 'maillage_proprietaire', 'member') then
    return null;
  end if;
  perform maillage.change_version();
  select * into here from maillage.etat;
  if tg_op <> 'INSERT' then
    was := maillage.cells_of(old); key := old.id; old_level := old.niveau; home := old.ressort;
    old_home := old.ressort;
  end if;
  if tg_op <> 'DELETE' then
    becomes := maillage.cells_of(new); key := new.id; new_level := new.niveau; home := new.ressort;
  end if;
  level := case when old_level = 'non_publie' or new_level = 'non_publie' then 'non_publie'
    when old_level <> 'public' then old_level else coalesce(new_level, old_level) end;
  insert into maillage.historique
    select here.changement, row_number() over (), here.version, here.horodatage, here.qui, key,
      name,
      case when maillage.may_tell(name, level) or coalesce(was ->> name, '') = ''
        then coalesce(was ->> name, '') end,
      case when maillage.may_tell(name, level) or coalesce(becomes ->> name, '') = ''
        then coalesce(becomes ->> name, '') end,
      null, null, coalesce(new_level, old_level), home
    from (select jsonb_object_keys(was) union select jsonb_object_keys(becomes)) as keys (name)
    where coalesce(was ->> name, '') <> coalesce(becomes ->> name, '')
  on conflict (changement, id, colonne) do update set apres = excluded.apres;
  if new_level is not null then
    -- No line is told to more than before, nor is one of a removed row that had this id: of these
    -- only lines of the same département are hidden with the new row.
    update maillage.historique set niveau = new_level, ressort = home
      where id = key and ressort = coalesce(old_home, home)
        and maillage.hides(niveau) <= least(maillage.hides(old_level), maillage.hides(new_level))
        and (niveau, ressort) is distinct from (new_level, home);
    if new_level <> 'public' then
      update maillage.historique set
        avant = case when maillage.may_tell(colonne, new_level) or avant = '' then avant end,
        apres = case when maillage.may_tell(colonne, new_level) or apres = '' then apres end,
        source_avant = null, source_apres = null
        where id = key and changement < here.changement and old_level = 'public';
      delete from maillage.faits where id = key and old_level = 'public';
    end if;
  end if;
  if old_level <> 'non_publie' and coalesce(new_level, 'non_publie') = 'non_publie' then
    update maillage.etat set disparition = here.version where disparition <> here.version;
  end if;
  return null;
end $$;
create trigger apres after insert or update or delete on maillage.fiches
  for each row execute function maillage.after_row();

-- A fact is a part of its row: the row is read again.
create function maillage.after_fact() returns trigger security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update maillage.fiches set version = 0
    where id = case when tg_op = 'DELETE' then old.id else new.id end;
  return null;
end $$;
create trigger apres after insert or update or delete on maillage.faits
  for each row when (pg_trigger_depth() = 0) execute function maillage.after_fact();

create function maillage.tell_all() returns trigger security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_notify('maillage', '');
  return null;
end $$;
create trigger dire after update on maillage.etat
  for each statement execute function maillage.tell_all();

-- A line may lose what it tells; what is filled or put in order is of this very change.
create function maillage.before_line() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if pg_has_role(current_user, 'maillage_proprietaire', 'member') then
    return new;
  end if;
  if new.version = maillage.own_version() then
    if old.niveau <> 'public' and old.colonne in ('adresse', 'latitude', 'longitude')
      and (coalesce(new.avant, '') <> '' or coalesce(new.apres, '') <> '') then
      raise exception 'maillage: l’historique ne dit pas où est un lieu confidentiel'
        using errcode = '23514';
    end if;
    return new;
  end if;
  if (new.avant is not null and new.avant is distinct from old.avant)
    or (new.apres is not null and new.apres is distinct from old.apres)
    or (new.source_avant is not null and new.source_avant is distinct from old.source_avant)
    or (new.source_apres is not null and new.source_apres is distinct from old.source_apres)
    or new.rang <> old.rang then
    raise exception 'maillage: une ligne de l’historique ne se récrit pas' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger avant before update on maillage.historique
  for each row execute function maillage.before_line();

-- ---- row-level security ---------------------------------------------------------------------

alter table maillage.fiches enable row level security;
alter table maillage.faits enable row level security;
alter table maillage.historique enable row level security;

-- What a transaction has just written it may see once, or no row could be hidden from all.
create policy lire on maillage.fiches for select to maillage_edition using (
  niveau = 'public' or (niveau <> 'non_publie' and maillage.may_write(ressort))
  or version = (select maillage.own_version()));
create policy ajouter on maillage.fiches for insert to maillage_edition
  with check (maillage.may_write(ressort));
create policy changer on maillage.fiches for update to maillage_edition
  using (niveau <> 'non_publie' and maillage.may_write(ressort))
  with check (maillage.may_write(ressort));
create policy retirer on maillage.fiches for delete to maillage_edition
  using (niveau <> 'non_publie' and maillage.may_write(ressort));

create function maillage.sees(key text, writing boolean) returns boolean stable
language sql as $$
  select exists (
    select from maillage.fiches as f where f.id = key and (not writing or (
      maillage.may_write(f.ressort) and f.niveau <> 'non_publie')))
$$;
create policy lire on maillage.faits for select to maillage_edition
  using (maillage.sees(id, false));
create policy ecrire on maillage.faits for all to maillage_edition
  using (maillage.sees(id, true)) with check (maillage.sees(id, true));

create policy lire on maillage.historique for select to maillage_edition using (
  niveau = 'public' or (niveau <> 'non_publie' and maillage.may_write(ressort))
  or version = (select maillage.own_version()));
create policy completer on maillage.historique for update to maillage_edition
  using (maillage.may_write(ressort)) with check (maillage.may_write(ressort));

-- ---- what readers get -----------------------------------------------------------------------

-- The place of a hidden row is not there to be read; its order among others would tell it too.
create view maillage.fiches_lues with (security_barrier) as
  select id, nom, type, structure,
    case when niveau = 'public' then adresse else '' end as adresse,
    case when niveau in ('public', 'commune') then code_postal else '' end as code_postal,
    case when niveau in ('public', 'commune') then commune else '' end as commune,
    case when niveau in ('public', 'commune') then code_insee else '' end as code_insee,
    departement,
    case when niveau = 'public' then latitude else '' end as latitude,
    case when niveau = 'public' then longitude else '' end as longitude,
    confidentialite, telephone, courriel, site_web, horaires_accueil, horaires_precisions, acces,
    publics, reseaux, zone_eligibilite, aides, violences, langues, accessibilite, frais,
    description, source, lien_source, date_source, date_verification,
    case when niveau = 'public' then autres else '{}' end as autres,
    case when niveau in ('public', 'commune') then rang end as rang,
    version, point
  from maillage.fiches where niveau <> 'non_publie';

create view maillage.faits_lus with (security_barrier) as
  select faits.* from maillage.faits join maillage.fiches using (id) where niveau <> 'non_publie';

create view maillage.non_publiees_comptees with (security_barrier) as
  select ressort as departement, replace(maillage.fold(type), ' ', '-') as type,
    count(*) as nombre
  from maillage.fiches where niveau = 'non_publie' group by 1, 2;

create view maillage.etat_lu with (security_barrier) as
  select version, marque, quand, colonnes, changement, disparition from maillage.etat;

create view maillage.modifications_lues with (security_barrier) as
  select id, max(quand) as quand from maillage.historique where niveau <> 'non_publie'
    and id in (select fiches.id from maillage.fiches where niveau <> 'non_publie') group by id;

-- ---- rights ---------------------------------------------------------------------------------

revoke execute on all functions in schema maillage from public;
grant select on maillage.fiches_lues, maillage.faits_lus, maillage.non_publiees_comptees,
  maillage.etat_lu, maillage.modifications_lues, maillage.versions to maillage_lecture;
grant select on maillage.etat_lu to maillage_edition;
grant select, insert, delete on maillage.fiches to maillage_edition;
grant update (nom, type, structure, adresse, code_postal, commune, code_insee, departement,
  latitude, longitude, confidentialite, telephone, courriel, site_web, horaires_accueil,
  horaires_precisions, acces, publics, reseaux, zone_eligibilite, aides, violences, langues,
  accessibilite, frais, description, source, lien_source, date_source, date_verification, autres)
  on maillage.fiches to maillage_edition;
grant select, insert, update, delete on maillage.faits to maillage_edition;
grant select, update (rang, avant, apres, source_avant, source_apres)
  on maillage.historique to maillage_edition;
grant execute on function maillage.fold(text), maillage.level_of(text, text),
  maillage.home_of(text, text, text, text), maillage.tells_place(text), maillage.degrees(text),
  maillage.point_of(text, text, text) to maillage_lecture, maillage_edition;
grant execute on function maillage.change_version(), maillage.own_version(),
  maillage.my_departements(), maillage.may_write(text), maillage.add_columns(text[]),
  maillage.sees(text, boolean) to maillage_edition;

insert into maillage.etat (colonnes) values ('{}');
insert into maillage.versions select version, marque from maillage.etat;
